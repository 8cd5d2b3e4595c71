"""Answer what a step asks, as a person would, and adapt the rows to it."""

from __future__ import annotations

from dataclasses import dataclass

from schema_migrations.plan.answers import Answers
from schema_migrations.schema.model import Schema
from schema_migrations.workflows.states.state import State
from tools.histories import comparison
from tools.histories.adapting import Adaptation, adapt_rows
from tools.histories.database import Database
from tools.histories.defaults import ColumnPlace, RowValues, choose_values
from tools.histories.deletion import delete_rows
from tools.histories.history import Labelled
from tools.histories.pairs import Pair, pair_tables
from tools.histories.renames import Renames, RenderedState, find_renames, trace_origins

ROUNDS = 4
"""How often rows are adapted at most; each time may delete what a value refers to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAnswers:
    """The answers to what a step asks, and what they mean for the rows."""

    renames: Renames
    pairs: tuple[Pair, ...]
    """The tables that stay, without columns whose old values no conversion keeps."""
    values: RowValues
    expected: dict[ColumnPlace, str]
    """What existing rows must hold in a new column."""
    adapted: tuple[str, ...]
    """How rows were changed, in words."""

    @property
    def answers(self) -> Answers:
        return Answers(
            renames=self.renames.list_pairs(),
            defaults=self.values.defaults,
            allow_data_loss=True,
        )


def answer_step(
    db: Database,
    current: Schema,
    desired: State,
    *,
    before: RenderedState,
    after: RenderedState,
    operations: tuple[Labelled, ...],
    conversions: bool = False,
) -> StepAnswers:
    """Answer what a step asks; adapt rows that Django's own operations would fail on."""
    renames = find_renames(operations, before, after)
    pairs = tuple(pair_tables(current, desired.schema, renames))
    origins = trace_origins(operations, before.state)
    adapted = dict[str, None]()
    for _ in range(ROUNDS):
        values = choose_values(
            db, desired, after, origins, pairs, conversions=conversions
        )
        deleted = sum(
            delete_rows(db, current, table, "1 = 1")
            for table in values.unfillable_tables
        )
        kept_pairs = tuple(pair.omit_columns(values.replaced_columns) for pair in pairs)
        changed = _adapt_rows(db, current, desired.schema, values, kept_pairs)
        adapted |= dict.fromkeys(changed)
        if not (deleted or changed):
            break  # else what a value refers to may be gone
    return StepAnswers(
        renames=renames,
        pairs=kept_pairs,
        values=values,
        expected={
            place: comparison.read_stored_literal(db, column, literal)
            for place, (column, literal) in values.expected.items()
        },
        adapted=tuple(adapted),
    )


def _adapt_rows(
    db: Database,
    current: Schema,
    desired: Schema,
    values: RowValues,
    pairs: tuple[Pair, ...],
) -> tuple[str, ...]:
    task = Adaptation(
        db=db,
        current=current,
        desired=desired,
        filled=frozenset(values.filled),
        same_for_all=frozenset(values.same_for_all),
        values={
            **{place: literal for place, (_, literal) in values.expected.items()},
            **{_split_place(name): sql for name, sql in values.defaults.items()},
        },
        pairs=pairs,
    )
    return tuple(adapt_rows(task))


def _split_place(name: str) -> ColumnPlace:
    table, _, column = name.rpartition(".")
    return table, column
