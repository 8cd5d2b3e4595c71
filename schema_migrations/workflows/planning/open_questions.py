"""Questions that a difference leaves open: values for existing rows, and lost data.

They are answered beforehand, asked, or make one ``QuestionsOpen``.
"""

from __future__ import annotations

from dataclasses import replace

from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.engine import DriverError, Engine
from schema_migrations.errors import LossDeclined, QuestionsOpen, SchemaMigrationsError
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.fills import (
    NO_VALUE,
    MissingValue,
    find_missing_values,
    resolve_defaults,
    with_fills,
)
from schema_migrations.plan.losses import find_losses
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key
from schema_migrations.workflows.planning.questions import (
    Asker,
    list_open_questions,
    make_value_question,
)
from schema_migrations.workflows.planning.renaming import (
    RenameDecision,
    describe_renames,
)
from schema_migrations.workflows.states.model_facts import ModelFacts
from schema_migrations.workflows.states.state import State, roll_back_at_end

Changes = tuple[ddl.Change, ...]


def fill_in_answers(
    engine: Engine,
    state: State,
    facts: ModelFacts,
    changes: Changes,
    decision: RenameDecision,
    *,
    answers: Answers,
    asker: Asker | None,
    strict: bool,
) -> tuple[Changes, tuple[str, ...]]:
    """Return the changes with all their values, and the answers as header lines.

    ``state`` is the current state after the renames; SQL that a person types is tried
    on it at once.  Raises ``AnswerNeeded``.
    """
    values = resolve_defaults(answers.defaults, changes)
    open_ = _find_open_needs(engine, changes, facts, values)
    planner = engine.planner
    lost = (
        ()
        if answers.allow_data_loss
        else find_losses(changes, planner.may_alter_values)
    )
    if asker is None and strict and (open_ or lost):
        raise QuestionsOpen(
            questions=list_open_questions(open_, lost, decision.unasked_candidates)
        )
    if asker is not None:
        if lost and not asker.confirm_loss([text for _, text in lost]):
            raise LossDeclined
        for need in open_:
            values[need.column] = _ask_value(engine, state, need, facts, asker)
    changes = with_fills(
        changes,
        facts.fills,
        answers=values,
        find_conversion=planner.find_conversion,
    )
    return changes, (*describe_renames(decision.renames), *_describe_values(values))


def _find_open_needs(
    engine: Engine, changes: Changes, facts: ModelFacts, values: dict[Key, str]
) -> tuple[MissingValue, ...]:
    filled = with_fills(
        changes,
        facts.fills,
        answers=values,
        find_conversion=engine.planner.find_conversion,
    )
    return find_missing_values(
        filled, engine.planner.find_conversion, answered_columns=values
    )


def _describe_values(values: dict[Key, str]) -> tuple[str, ...]:
    return tuple(
        f"Existing rows: {key.name}.{key.part} is "
        f"{'left as it is' if sql == NO_VALUE else f'set to {sql}'}."
        for key, sql in sorted(values.items())
    )


class _ValueRefused(SchemaMigrationsError):
    """The dev database rejects the typed SQL."""

    code = "value-refused"
    message = "{reason}"
    reason: str


def _ask_value(
    engine: Engine, state: State, need: MissingValue, facts: ModelFacts, asker: Asker
) -> str:
    question = make_value_question(need, facts.origins)
    while True:
        sql = asker.ask_value(question)
        try:
            _try_expression(engine, state, need.column, sql)
        except _ValueRefused as error:
            question = replace(question, rejection=error.message)
        else:
            return sql


def _try_expression(engine: Engine, state: State, column: Key, expression: str) -> None:
    """Raise ``_ValueRefused`` unless the server can compute the expression on the table."""
    table = engine.dialect.quote(column.table.name)
    if column.namespace:
        table = f"{engine.dialect.quote(column.namespace)}.{table}"

    def make_error(driver_error: DriverError) -> _ValueRefused:
        return _ValueRefused(reason=driver_error.message)

    with (
        roll_back_at_end(engine, state.connection),
        translate_driver_errors(engine, make_error),
    ):
        engine.executor.execute(
            state.connection, f"SELECT ({expression}) FROM {table} LIMIT 0"
        )
