"""Which tables and columns may have been renamed.

Pure.  A schema cannot tell a rename from a drop and an addition: ``candidates`` ranks
the pairs that a person should be asked about, ``derived`` finds the few that follow
from another rename by Django's own naming.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from schema_migrations.errors import ConfigError
from schema_migrations.plan.answers import Answers
from schema_migrations.schema.model import (
    Column,
    Constraint,
    ForeignKey,
    Key,
    Schema,
    Table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    tables: Mapping[Key, Key] = field(default_factory=dict)
    """Old key → new key."""
    columns: Mapping[Key, str] = field(default_factory=dict)
    """Key of the old column, under its table's *new* name → new column name."""

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    def with_table(self, old: Key, new: Key) -> Renames:
        return replace(self, tables={**self.tables, old: new})

    def with_column(self, old: Key, new: str) -> Renames:
        return replace(self, columns={**self.columns, old: new})


NO_RENAMES = Renames()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameCandidate:
    """A pair that may be one thing under two names."""

    old: Key
    new: Key
    """Of the same kind, table or column; a column's key has its table's new name."""
    likeness: float
    """0 to 1."""


TablePairs = Iterator[tuple[Table, Table]]


def resolve_answers(answers: Answers, current: Schema, desired: Schema) -> Renames:
    """Return the renames that were answered beforehand.

    Raises ``ConfigError`` for a name that is not there to be renamed, or renamed to.
    """
    renames = NO_RENAMES
    columns = []
    for left, right in answers.renames:
        old, new = _find_table(left, current), _find_table(right, desired)
        if old is not None and new is not None:
            renames = renames.with_table(old.key, new.key)
        else:
            columns.append((left, right))
    for left, right in columns:
        renames = renames.with_column(
            *_resolve_column_answer(left, right, renames, current, desired)
        )
    return renames


def _find_table(name: str, schema: Schema) -> Table | None:
    """Find a table by its name, with or without its namespace."""
    for table in schema.of(Table):
        if name in (table.key.path, table.key.name):
            return table
    return None


def _resolve_column_answer(
    left: str, right: str, renames: Renames, current: Schema, desired: Schema
) -> tuple[Key, str]:
    table_name, _, old = left.rpartition(".")
    new = right.rpartition(".")[2]
    called = [
        (before, after)
        for before, after in pair_tables(renames, current, desired)
        if table_name in (*_names_of(before.key), *_names_of(after.key))
    ]
    if not called:
        raise ConfigError(
            f"--rename {left}={right}: there is no table {table_name or left!r} that stays.",
            hint="Names are those of the database: table=table or table.column=column; "
            "schemadiff --check shows them.",
        )
    # Where tables change places, a name is the old one of one and the new one of another.
    fitting = [(b, a) for b, a in called if _has_column(b, old) and _has_column(a, new)]
    before, after = max(
        fitting or called, key=lambda pair: table_name in _names_of(pair[1].key)
    )
    if not _has_column(before, old) or not _has_column(after, new):
        lacking, side = (
            (old, "files") if not _has_column(before, old) else (new, "models")
        )
        raise ConfigError(
            f"--rename {left}={right}: the table {after.key.path} of the {side} has no "
            f"column {lacking!r}.",
            hint="Names are those of the database: table.column=column; schemadiff "
            "--check shows them.",
        )
    return after.key.column(old), new


def _names_of(table: Key) -> tuple[str, str]:
    return table.name, table.path


def _has_column(table: Table, column: str) -> bool:
    return any(c.name == column for c in table.columns)


def pair_tables(renames: Renames, current: Schema, desired: Schema) -> TablePairs:
    """Yield the tables that are one and the same before and after."""
    for before in current.of(Table):
        after = desired.get(renames.tables.get(before.key, before.key))
        if isinstance(after, Table):
            yield before, after


def _find_new_tables(renames: Renames, current: Schema, desired: Schema) -> list[Table]:
    taken = {*current.by_key, *renames.tables.values()}
    return [table for table in desired.of(Table) if table.key not in taken]


def _find_gone_tables(
    renames: Renames, current: Schema, desired: Schema
) -> list[Table]:
    return [
        table
        for table in current.of(Table)
        if table.key not in desired.by_key and table.key not in renames.tables
    ]


def infer_renames(
    renames: Renames,
    current: Schema,
    desired: Schema,
    auto_created_tables: Container[Key],
) -> Renames:
    """Add the renames that follow from those of tables by Django's own naming.

    ``automatic`` are the tables that Django makes for many-to-many fields: they begin
    with their model's table, and their columns are named for the models, as is the
    link to a parent (``place_ptr_id``).
    """
    for gone in _find_gone_tables(renames, current, desired):
        for old, new in tuple(renames.tables.items()):
            tail = gone.key.name.removeprefix(f"{old.name}_")
            made = new._replace(name=f"{new.name}_{tail}")
            fits = made in auto_created_tables and made not in current.by_key
            if tail != gone.key.name and fits and made in desired.by_key:
                renames = renames.with_table(gone.key, made)
    for before, after in pair_tables(renames, current, desired):
        free = _find_unpaired_columns(before, after, renames)
        for old_column, new_column in _pair_by_reference(
            before, after, free, renames, current, desired
        ):
            follows = after.key in auto_created_tables or (
                old_column.endswith("_ptr_id") and new_column.endswith("_ptr_id")
            )
            if follows:
                renames = renames.with_column(after.key.column(old_column), new_column)
    return renames


def _find_unpaired_columns(
    before: Table, after: Table, renames: Renames
) -> tuple[list[Column], list[Column]]:
    """Return the columns that are gone and those that are new, without decided pairs."""
    here = {k.part: new for k, new in renames.columns.items() if k.table == after.key}
    old, new = {c.name for c in before.columns}, {c.name for c in after.columns}
    gone = [
        c for c in before.columns_in_order if c.name not in new and c.name not in here
    ]
    come = [
        c
        for c in after.columns_in_order
        if c.name not in old and c.name not in here.values()
    ]
    return gone, come


def _pair_by_reference(
    before: Table,
    after: Table,
    unpaired: tuple[list[Column], list[Column]],
    renames: Renames,
    current: Schema,
    desired: Schema,
) -> Iterator[tuple[str, str]]:
    """Pair columns that refer to one renamed table, each the only one of its kind."""
    old = {
        c: renames.tables[t]
        for c, t in map_references(before, current).items()
        if t in renames.tables
    }
    new = map_references(after, desired)
    for column in unpaired[0]:
        if column.name not in old:
            continue
        kind = _link_side_of(column.name), old[column.name]
        rivals = [
            c for c in unpaired[0] if (_link_side_of(c.name), old.get(c.name)) == kind
        ]
        found = [
            c for c in unpaired[1] if (_link_side_of(c.name), new.get(c.name)) == kind
        ]
        if len(rivals) == len(found) == 1:
            yield column.name, found[0].name


def _link_side_of(column: str) -> str:
    """Return the side of a link from a model to itself: ``from_`` or ``to_``."""
    return next((side for side in ("from_", "to_") if column.startswith(side)), "")


def map_references(table: Table, schema: Schema) -> dict[str, Key]:
    """Return column → the table that it alone refers to."""
    return {
        obj.columns[0]: obj.referenced_table
        for obj in schema.by_table.get(table.key, ())
        if isinstance(obj, ForeignKey) and len(obj.columns) == 1
    }


MIN_LIKENESS = 0.6
"""Of two tables or columns that are worth a question."""


def find_table_candidates(
    renames: Renames, current: Schema, desired: Schema
) -> tuple[RenameCandidate, ...]:
    """Return the tables that may have been renamed, the most likely first."""
    gone = {
        table: _map_signatures(table, current, renames)
        for table in _find_gone_tables(renames, current, desired)
    }
    come = {
        table: _map_signatures(table, desired, NO_RENAMES)
        for table in _find_new_tables(renames, current, desired)
    }
    found = [
        RenameCandidate(old=old.key, new=new.key, likeness=likeness)
        for old, mine in gone.items()
        for new, theirs in come.items()
        if old.key.namespace == new.key.namespace
        and (likeness := _measure_table_likeness(old, new, mine, theirs))
        >= MIN_LIKENESS
    ]
    return _rank_candidates(found)


ColumnSignature = tuple[str, Key | None]
"""Of a column: its type and the table that it refers to."""


def _map_signatures(
    table: Table, schema: Schema, renames: Renames
) -> dict[str, ColumnSignature]:
    refers = map_references(table, schema)
    found = {}
    for column in table.columns:
        target = refers.get(column.name)
        if target is not None:
            target = renames.tables.get(target, target)
        found[column.name] = (column.type, target)
    return found


def _measure_table_likeness(
    old: Table,
    new: Table,
    old_signatures: dict[str, ColumnSignature],
    new_signatures: dict[str, ColumnSignature],
) -> float:
    """0.9 for the same columns (half for one of another name), 0.1 for the same name."""
    same = {
        name
        for name in old_signatures
        if old_signatures[name] == new_signatures.get(name)
    }
    rest = Counter(sign for name, sign in old_signatures.items() if name not in same)
    other = Counter(sign for name, sign in new_signatures.items() if name not in same)
    common = len(same) + 0.5 * (rest & other).total()
    share = common / max(len(old_signatures), len(new_signatures), 1)
    return 0.9 * share + 0.1 * _measure_name_likeness(old.key.name, new.key.name)


def find_column_candidates(
    renames: Renames, current: Schema, desired: Schema
) -> tuple[RenameCandidate, ...]:
    """Return the columns that may have been renamed, the most likely first."""
    found = []
    for before, after in pair_tables(renames, current, desired):
        gone, come = _find_unpaired_columns(before, after, renames)
        if not (gone and come):
            continue
        old, new = map_references(before, current), map_references(after, desired)
        keys = _find_primary_key(before, current), _find_primary_key(after, desired)
        for column in gone:
            target = old.get(column.name)
            if target is not None:
                target = renames.tables.get(target, target)
            is_key = column.name in keys[0]
            for other in come:
                if is_key != (other.name in keys[1]):
                    continue
                # A key stays one, also where it begins or ceases to refer to a parent.
                if not is_key and target != new.get(other.name):
                    continue
                if (
                    likeness := _measure_column_likeness(column, other)
                ) >= MIN_LIKENESS:
                    found.append(
                        RenameCandidate(
                            old=after.key.column(column.name),
                            new=after.key.column(other.name),
                            likeness=likeness,
                        )
                    )
    return _rank_candidates(found)


def _find_primary_key(table: Table, schema: Schema) -> tuple[str, ...]:
    for obj in schema.by_table.get(table.key, ()):
        if isinstance(obj, Constraint) and obj.type == "primary key":
            return obj.columns
    return ()


def _measure_column_likeness(old: Column, new: Column) -> float:
    """0.6 for the same type (0.3: but for its size), 0.1 for the same shape, else names."""
    if (old.generated is None) != (new.generated is None):
        return 0.0
    likeness = 0.3 * _measure_name_likeness(old.name, new.name)
    if old.type == new.type:
        likeness += 0.6
    elif old.type.partition("(")[0] == new.type.partition("(")[0]:
        likeness += 0.3
    else:
        return 0.0
    shape = (old.nullable, old.default, old.collation, old.identity)
    return likeness + 0.1 * (
        shape == (new.nullable, new.default, new.collation, new.identity)
    )


def _measure_name_likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _rank_candidates(found: list[RenameCandidate]) -> tuple[RenameCandidate, ...]:
    return tuple(sorted(found, key=lambda c: (-c.likeness, c.new, c.old)))
