"""Where each change of a plan is placed: with others in a transaction, or by itself.  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.plan.parts import Placement
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.constraint_states import is_only_validated
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Index,
)

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes
    from schema_migrations.schema.model import Key


def choose_placements(changes: Changes) -> tuple[Placement, ...]:
    """Return where each change is placed, knowing all of them."""
    created = frozenset(c.table.key for c in changes if isinstance(c, ddl.CreateTable))
    again = _find_made_again(changes)
    placements = tuple(
        # What is made again is never missed.
        Placement.TOGETHER
        if placement is Placement.EITHER and ddl.subject_of(change) in again
        else placement
        for change in changes
        for placement in (_choose_placement(change, created),)
    )
    tables = {_find_table(change) for change in changes}
    if set(placements) == {Placement.EITHER} and len(tables) > 1:
        # One transaction would hold the locks of all of them, and wait for each.
        return (Placement.ALONE,) * len(changes)
    return placements


def _find_made_again(changes: Changes) -> set[Key]:
    """Return the keys of what is dropped and made again."""
    dropped, made = (
        {ddl.subject_of(change) for change in changes if isinstance(change, kinds)}
        for kinds in ((ddl.Drop, ddl.DropColumn), (ddl.Create, ddl.AddColumn))
    )
    return dropped & made


def _find_table(change: ddl.Change) -> Key:
    match change:
        case ddl.Rename(after=Index() as index):
            return index.table
        case _:
            return ddl.subject_of(change).table


def _choose_placement(change: ddl.Change, created: frozenset[Key]) -> Placement:
    match change:
        case ddl.Create(concurrently=True) | ddl.Drop(concurrently=True):
            return Placement.ALONE
        case ddl.Alter(needs_commit=True) | ddl.FillColumn():
            return Placement.ALONE
        case ddl.Alter(
            before=Constraint() | ForeignKey() as before,
            after=Constraint() | ForeignKey() as rule,
        ) if is_only_validated(before, rule) and rule.table not in created:
            return Placement.ALONE
        case (
            ddl.Create(object=Constraint() | ForeignKey())
            | ddl.Drop(object=Constraint() | ForeignKey())
            | ddl.Rename(before=Index() | Constraint() | ForeignKey())
            | ddl.AddColumn(column=Column(identity=""), fill_reads_columns=False)
            | ddl.AddColumn(column=Column(identity=""), fill=None)
            | ddl.ForbidNull()
            | ddl.DropColumn()
        ):
            return Placement.EITHER
        case _:
            return Placement.TOGETHER
