"""Pair the tables and columns before a step with those after it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from schema_migrations.schema.model import Column, Key, Schema, Table
from tools.histories.renames import Renames


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A table that stays, and its columns that stay: (before, after)."""

    before: Table
    after: Table
    columns: tuple[tuple[Column, Column], ...]

    @property
    def added_columns(self) -> tuple[Column, ...]:
        kept = {after.name for _, after in self.columns}
        return tuple(c for c in self.after.columns_in_order if c.name not in kept)

    def omit_columns(self, columns: Container[str]) -> Pair:
        """Return the pair without some columns, ``table.column`` by their new names."""
        name = self.after.key.name
        kept = (
            each for each in self.columns if f"{name}.{each[1].name}" not in columns
        )
        return replace(self, columns=tuple(kept))

    def find_old_name(self, column: str) -> str | None:
        """Return the name that a column had before; None: it is new."""
        found = (b.name for b, a in self.columns if a.name == column)
        return next(found, None)


def find_column(
    pairs: Iterable[Pair], table: Key, column: str
) -> tuple[Pair, Column, Column] | None:
    """Find a column by its names afterwards; None: it is new."""
    for pair in pairs:
        if pair.after.key == table:
            found = ((pair, b, a) for b, a in pair.columns if a.name == column)
            return next(found, None)
    return None


def pair_tables(current: Schema, desired: Schema, renames: Renames) -> Iterator[Pair]:
    """Pair the tables of two schemas that are the same table, by name or by rename."""
    old_names = {new: old for old, new in renames.tables.items()}
    for after in desired.of(Table):
        name = after.key.name
        old = old_names.get(name, name)
        before = current.get(after.key._replace(name=old))
        moved_away = old == name and name in renames.tables
        if isinstance(before, Table) and not moved_away:
            yield Pair(
                before=before,
                after=after,
                columns=_pair_columns(before, after, renames),
            )


def _pair_columns(
    before: Table, after: Table, renames: Renames
) -> tuple[tuple[Column, Column], ...]:
    names = {
        old: new for (t, old), new in renames.columns.items() if t == after.key.name
    }
    old_names = {new: old for old, new in names.items()}
    known = {column.name: column for column in before.columns}
    found = []
    for column in after.columns_in_order:
        old = old_names.get(column.name, column.name)
        moved_away = old == column.name and old in names
        if old in known and not moved_away:
            found.append((known[old], column))
    return tuple(found)
