"""Questions that a difference leaves open: values for existing rows, and lost data.

They are answered beforehand, asked, or make one ``QuestionsOpen``.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import (
    LossDeclined,
    NullDefault,
    QuestionsOpen,
    RefusedDefault,
)
from schema_migrations.history.syntax import Syntax
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.fills import (
    NO_VALUE,
    MissingValue,
    find_missing_values,
    resolve_defaults,
    with_fills,
)
from schema_migrations.plan.losses import (
    MayAlterValues,
    find_losses,
    is_read_by,
)
from schema_migrations.plan.summary import summarize
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Key
from schema_migrations.workflows.planning.expressions import read_expression
from schema_migrations.workflows.planning.questions import (
    Asker,
    ValueQuestion,
    list_open_questions,
    make_retyping_question,
    make_value_question,
)
from schema_migrations.workflows.planning.refused_values import (
    find_refused_defaults,
    map_types,
)
from schema_migrations.workflows.planning.renaming import (
    RenameDecision,
    RenamedState,
    describe_renames,
)
from schema_migrations.workflows.planning.trial import (
    SqlRefused,
    is_always_null,
    is_for_all_rows,
    needs_rows,
    try_expression,
)
from schema_migrations.workflows.states.model_facts import ModelFacts
from schema_migrations.workflows.states.state import State

Changes = tuple[ddl.Change, ...]

FOR_ALL_ROWS = (
    "This is one value for all rows together: put it into a SELECT of its own."
)
"""Why an aggregate is no value for each row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredChanges:
    """The changes with all their values, and what is to be said about these."""

    changes: Changes
    answer_lines: tuple[str, ...]
    """What was answered, for the file's header."""
    remarks: tuple[str, ...]
    """What nobody was asked, and a reviewer would not expect."""
    values: Mapping[Key, str] = field(default_factory=dict)
    """The answers as they stand in the plan; empty: the column gets none."""
    refused_defaults: tuple[RefusedDefault, ...] = ()
    """Those given beforehand that the dev database cannot compute before the plan."""


def fill_in_answers(
    engine: Engine,
    renamed: RenamedState,
    facts: ModelFacts,
    changes: Changes,
    decision: RenameDecision,
    *,
    answers: Answers,
    asker: Asker | None,
    strict: bool,
) -> AnsweredChanges:
    """Return the changes with all their values, and the answers.

    ``renamed`` is the current state after the renames; SQL that a person gives is tried
    on it at once.  Raises ``AnswerNeeded``, and ``ConfigError`` for a wrong answer.
    """
    state = renamed.state
    given = resolve_defaults(answers.defaults, changes)
    values = {
        column: _read_given(column, sql, engine.dialect.syntax)
        for column, sql in given.items()
    }
    required = _find_required_columns(changes)
    types = map_types(changes)
    for column, sql in values.items():
        if sql and column in required and is_always_null(engine, state, sql):
            raise NullDefault(column=column.path, sql=given[column])
    for column, sql in values.items():
        if sql and is_for_all_rows(engine, state, column, sql):
            raise RefusedDefault(
                column=column.path, sql=given[column], reason=FOR_ALL_ROWS
            )
    refused = find_refused_defaults(engine, state, changes, values, given)
    filled = _fill(engine, changes, facts, values)
    may_alter = engine.planner.may_alter_values
    open_ = find_missing_values(filled, engine.planner.find_conversion, answers=values)
    may_lose = (
        () if answers.allow_data_loss else _select_unanswered(filled, open_, may_alter)
    )
    retyped = [c for c in may_lose if _takes_conversion(c)]
    lost = find_losses((c for c in may_lose if c not in retyped), may_alter)
    retypings = find_losses(retyped, may_alter)
    if asker is None and strict and (open_ or lost or retypings):
        raise QuestionsOpen(
            questions=list_open_questions(
                open_, lost, retypings, decision.unasked_candidates, facts
            )
        )
    if asker is not None and (open_ or lost or retypings):
        asker.show_changes(summarize((*renamed.changes, *changes), facts.apps))
        if lost and not asker.confirm_loss([text for _, text in lost]):
            raise LossDeclined
        for column, text in retypings:
            question = make_retyping_question(column, text)
            sql = _ask_value(engine, state, question, asker, types, required)
            values |= {column: sql} if sql else {}
        for need in open_:
            question = make_value_question(need, facts)
            values[need.column] = _ask_value(
                engine, state, question, asker, types, required
            )
    changes = tuple(
        _mark_reading(engine, state, change, values)
        for change in _fill(engine, changes, facts, values)
    )
    return AnsweredChanges(
        changes=changes,
        answer_lines=(
            *describe_renames(decision.renames),
            *_describe_values(values),
        ),
        remarks=tuple(_describe_odd_defaults(changes, facts, values)),
        values=values,
        refused_defaults=refused,
    )


def _describe_odd_defaults(
    changes: Changes, facts: ModelFacts, answered: Container[Key]
) -> Iterator[str]:
    """Yield a remark for each new optional column whose default is not simply stored."""
    for change in changes:
        if not (isinstance(change, ddl.AddColumn) and change.column.nullable):
            continue
        key = ddl.subject_of(change)
        if key in answered or change.column.default is not None:
            continue
        if problem := facts.unreadable_defaults.get(key):
            yield (
                f"Existing rows: {key.path} stays NULL, since its field's default"
                f" cannot be read ({problem})."
            )
        elif default := facts.varying_defaults.get(key):
            yield (
                f"Existing rows: {key.path} stays NULL, since it is unique and {default}"
                " gives another value at each call."
                if change.fill is None
                else f"Existing rows: {key.path} is set to one value for all of them, as"
                f" Django does: {default} was called when this file was written."
            )


def _find_required_columns(changes: Changes) -> frozenset[Key]:
    """Return the changed columns that are ``NOT NULL`` afterwards."""
    return frozenset(
        ddl.subject_of(change)
        for change in changes
        if (isinstance(change, ddl.AddColumn) and not change.column.nullable)
        or (isinstance(change, ddl.AlterColumn) and not change.after.nullable)
    )


def _read_given(column: Key, sql: str, syntax: Syntax) -> str:
    try:
        return read_expression(sql, syntax)
    except SqlRefused as error:
        raise RefusedDefault(
            column=column.path, sql=sql, reason=error.message
        ) from error


def _fill(
    engine: Engine, changes: Changes, facts: ModelFacts, values: dict[Key, str]
) -> Changes:
    return with_fills(
        changes,
        facts.fills,
        answers=values,
        find_conversion=engine.planner.find_conversion,
    )


def _mark_reading(
    engine: Engine, state: State, change: ddl.Change, values: Mapping[Key, str]
) -> ddl.Change:
    """Return a change whose given value the server takes for no default as one of rows."""
    key = ddl.subject_of(change)
    if (
        isinstance(change, ddl.AddColumn)
        and (sql := values.get(key))
        and needs_rows(engine, state, key, sql, type_=change.column.type)
    ):
        return replace(change, fill_reads_columns=True)
    return change


def _select_unanswered(
    filled: Changes,
    open_needs: tuple[MissingValue, ...],
    may_alter_values: MayAlterValues,
) -> Changes:
    """Return the changes without new types whose values somebody gives."""
    asked = {need.column for need in open_needs if need.reason == "converted"}
    return tuple(
        change
        for change in filled
        if not (
            isinstance(change, ddl.AlterColumn)
            and (
                ddl.subject_of(change) in asked
                or (
                    change.conversion is not None
                    and (
                        is_read_by(change.before, change.conversion)
                        or may_alter_values(change.before, change.after)
                    )
                )
            )
        )
    )


def _takes_conversion(change: ddl.Change) -> bool:
    """Tell whether an answer for the column would convert it to its new type.

    For one that becomes ``NOT NULL`` as well it is the value instead of ``NULL``.
    """
    return (
        isinstance(change, ddl.AlterColumn)
        and change.conversion is None
        and change.before.type != change.after.type
        and change.after.generated is None
        and change.before.nullable <= change.after.nullable
    )


def _describe_values(values: dict[Key, str]) -> tuple[str, ...]:
    return tuple(
        f"Existing rows: {key.path} is "
        f"{'left as it is' if sql == NO_VALUE else f'set to {_on_one_line(sql)}'}."
        for key, sql in sorted(values.items())
    )


def _on_one_line(sql: str) -> str:
    return " ".join(sql.split())


def _ask_value(
    engine: Engine,
    state: State,
    question: ValueQuestion,
    asker: Asker,
    types: Mapping[Key, str],
    required_columns: frozenset[Key],
) -> str:
    column = question.column
    while True:
        typed = asker.ask_value(question)
        if not typed:
            return typed
        try:
            sql = read_expression(typed, engine.dialect.syntax)
            if is_for_all_rows(engine, state, column, sql):
                raise SqlRefused(reason=FOR_ALL_ROWS)
            try_expression(engine, state, column, sql, type_=types[column])
        except SqlRefused as error:
            rejection = error.message
        else:
            if column in required_columns and is_always_null(engine, state, sql):
                rejection = f"{typed} is NULL, but {column.path} is NOT NULL."
            else:
                return sql
        question = replace(
            question, rejection=rejection, rejected=(*question.rejected, typed)
        )
