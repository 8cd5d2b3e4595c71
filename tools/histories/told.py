"""What a person would answer before a step, and the rows made fit for it."""

from __future__ import annotations

from dataclasses import dataclass

from schema_migrations.plan.answers import Answers
from schema_migrations.schema.model import Schema
from schema_migrations.workflows.states.state import State
from tools.histories import kept
from tools.histories.answers import Moment, Renames, renames, trail
from tools.histories.database import Database
from tools.histories.defaults import Given, Place, given
from tools.histories.fitting import Fitting, delete, fit
from tools.histories.history import Labelled
from tools.histories.mapping import Pair, pairs

ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    renames: Renames
    pairs: tuple[Pair, ...]
    """Without columns whose old values no conversion keeps."""
    given: Given
    expected: dict[Place, str]
    """What existing rows must hold in a new column."""
    adapted: tuple[str, ...]
    """How rows were changed, in words."""

    @property
    def answers(self) -> Answers:
        return Answers(
            renames=self.renames.pairs(),
            defaults=self.given.defaults,
            allow_data_loss=True,
        )


def told(
    db: Database,
    current: Schema,
    desired: State,
    *,
    before: Moment,
    after: Moment,
    operations: tuple[Labelled, ...],
    conversions: bool = False,
) -> Told:
    """Return the answers; change rows that Django's own operations would fail on."""
    named = renames(operations, before, after)
    same = tuple(pairs(current, desired.schema, named))
    origins = trail(operations, before.state)

    def asked() -> Given:
        return given(db, desired, after, origins, same, conversions=conversions)

    done = dict[str, None]()
    for _ in range(ROUNDS):
        found = asked()
        gone = sum(delete(db, current, table, "1 = 1") for table in found.hopeless)
        left = tuple(pair.without(found.replaced) for pair in same)
        changed = _fitted(db, current, desired.schema, found, left)
        done |= dict.fromkeys(changed)
        if not (gone or changed):
            break  # else what a value refers to may be gone
    return Told(
        renames=named,
        pairs=left,
        given=found,
        expected={
            place: kept.as_stored(db, column, literal)
            for place, (column, literal) in found.expected.items()
        },
        adapted=tuple(done),
    )


def _fitted(
    db: Database, current: Schema, desired: Schema, found: Given, same: tuple[Pair, ...]
) -> tuple[str, ...]:
    task = Fitting(
        db=db,
        current=current,
        desired=desired,
        filled=frozenset(found.filled),
        one_value=frozenset(found.one_value),
        values={
            **{place: literal for place, (_, literal) in found.expected.items()},
            **{_place(name): sql for name, sql in found.defaults.items()},
        },
        pairs=same,
    )
    return tuple(fit(task))


def _place(name: str) -> Place:
    table, _, column = name.rpartition(".")
    return table, column
