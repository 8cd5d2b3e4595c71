"""Tables and columns that may have been renamed.

Pure.  Two schemas cannot tell a rename from a drop and an addition:
``find_table_candidates`` and ``find_column_candidates`` rank the pairs to ask a person
about, ``infer_renames`` finds those that follow from another rename by Django's naming.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from schema_migrations.errors import ImpossibleRename
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.column_roles import (
    find_primary_key,
    map_references,
    map_type_rules,
)
from schema_migrations.schema.model import Column, Key, Opaque, Schema, Table
from schema_migrations.schema.partitions import (
    list_partition_tables,
    pair_renamed_partitions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    tables: Mapping[Key, Key] = field(default_factory=dict)
    """Old key → new key."""
    columns: Mapping[Key, str] = field(default_factory=dict)
    """Key of the old column, with its table's *new* name → new column name."""

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns)

    def with_table(self, old: Key, new: Key) -> Renames:
        return replace(self, tables={**self.tables, old: new})

    def with_column(self, old: Key, new: str) -> Renames:
        return replace(self, columns={**self.columns, old: new})


NO_RENAMES = Renames()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameCandidate:
    """Two tables or two columns that may be the same under two names."""

    old: Key
    new: Key
    """Keys of tables or of columns; a column's key has its table's new name."""
    likeness: float
    """0 to 1."""


TablePairs = Iterator[tuple[Table, Table]]


def resolve_answers(answers: Answers, current: Schema, desired: Schema) -> Renames:
    """Return the renames that were answered beforehand.

    Raises ``ConfigError`` for an old or a new name that does not exist.
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
    """Return the table or partition of this name, with or without its namespace."""
    for table in (*schema.of(Table), *list_partition_tables(schema)):
        if name in (table.key.path, table.key.name):
            return table
    return None


def _resolve_column_answer(
    left: str, right: str, renames: Renames, current: Schema, desired: Schema
) -> tuple[Key, str]:
    table_name, _, old = left.rpartition(".")
    new = right.rpartition(".")[2]
    matching = [
        (before, after)
        for before, after in pair_tables(renames, current, desired)
        if table_name in (*_names_of(before.key), *_names_of(after.key))
    ]
    if not matching:
        raise ImpossibleRename(
            old=left,
            new=right,
            problem=f"the files and the models share no table {table_name or left!r}.",
        )
    # If tables swap names, a name is the old one of one table and the new one of another.
    fitting = [
        (b, a) for b, a in matching if _has_column(b, old) and _has_column(a, new)
    ]
    before, after = max(
        fitting or matching, key=lambda pair: table_name in _names_of(pair[1].key)
    )
    if not _has_column(before, old) or not _has_column(after, new):
        missing, side = (
            (old, "files") if not _has_column(before, old) else (new, "models")
        )
        raise ImpossibleRename(
            old=left,
            new=right,
            problem=f"in the {side}, table {after.key.path} has no column {missing!r}.",
        )
    return after.key.column(old), new


def _names_of(table: Key) -> tuple[str, str]:
    return table.name, table.path


def _has_column(table: Table, column: str) -> bool:
    return any(c.name == column for c in table.columns)


def pair_tables(renames: Renames, current: Schema, desired: Schema) -> TablePairs:
    """Yield (current, desired) pairs of the tables that both schemas have."""
    for before in current.of(Table):
        after = desired.get(renames.tables.get(before.key, before.key))
        if isinstance(after, Table):
            yield before, after


def _find_new_tables(renames: Renames, current: Schema, desired: Schema) -> list[Table]:
    taken = {*current.by_key, *renames.tables.values()}
    return [table for table in desired.of(Table) if table.key not in taken]


def _find_dropped_tables(
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
    """Return the renames with those that follow from renamed tables by Django's naming.

    ``auto_created_tables`` are those that Django creates for many-to-many fields: their
    names begin with their model's table, and their columns are named after the models,
    and so is the link to a parent (``place_ptr_id``).  A partition may follow its parent
    into another name, too.
    """
    for dropped in _find_dropped_tables(renames, current, desired):
        for old, new in tuple(renames.tables.items()):
            tail = dropped.key.name.removeprefix(f"{old.name}_")
            expected = new._replace(name=f"{new.name}_{tail}")
            fits = expected in auto_created_tables and expected not in current.by_key
            if tail != dropped.key.name and fits and expected in desired.by_key:
                renames = renames.with_table(dropped.key, expected)
    renames = _add_partitions(renames, current, desired)
    for before, after in pair_tables(renames, current, desired):
        unpaired = _find_unpaired_columns(before, after, renames)
        for old_column, new_column in _pair_by_reference(
            before, after, unpaired, renames, current, desired
        ):
            follows = after.key in auto_created_tables or (
                old_column.endswith("_ptr_id") and new_column.endswith("_ptr_id")
            )
            if follows:
                renames = renames.with_column(after.key.column(old_column), new_column)
    return renames


def _add_partitions(renames: Renames, current: Schema, desired: Schema) -> Renames:
    """Return the renames with those of partitions; their rows are never meant to go."""
    gone = [o for o in current.of(Opaque) if o.key not in desired.by_key]
    new = [o for o in desired.of(Opaque) if o.key not in current.by_key]
    found = pair_renamed_partitions(gone, new, renames.tables, existing=current.by_key)
    return replace(renames, tables={**renames.tables, **found})


def _find_unpaired_columns(
    before: Table, after: Table, renames: Renames
) -> tuple[list[Column], list[Column]]:
    """Return the dropped and the added columns that are not among the renames."""
    paired = {k.part: new for k, new in renames.columns.items() if k.table == after.key}
    old, new = {c.name for c in before.columns}, {c.name for c in after.columns}
    dropped = [
        c for c in before.columns_in_order if c.name not in new and c.name not in paired
    ]
    added = [
        c
        for c in after.columns_in_order
        if c.name not in old and c.name not in paired.values()
    ]
    return dropped, added


def _pair_by_reference(
    before: Table,
    after: Table,
    unpaired: tuple[list[Column], list[Column]],
    renames: Renames,
    current: Schema,
    desired: Schema,
) -> Iterator[tuple[str, str]]:
    """Yield pairs of columns that refer to the same renamed table.

    Each must be the only such column of its side.
    """
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
        matches = [
            c for c in unpaired[1] if (_link_side_of(c.name), new.get(c.name)) == kind
        ]
        if len(rivals) == len(matches) == 1:
            yield column.name, matches[0].name


def _link_side_of(column: str) -> str:
    """Return ``from_`` or ``to_`` for a column that links a model to itself, else ``""``."""
    return next((side for side in ("from_", "to_") if column.startswith(side)), "")


MIN_LIKENESS = 0.6
"""Two tables or columns are worth a question from this likeness on."""


def find_table_candidates(
    renames: Renames, current: Schema, desired: Schema
) -> tuple[RenameCandidate, ...]:
    """Return the tables that may have been renamed, the most likely first."""
    dropped = {
        table: _map_signatures(table, current, renames)
        for table in _find_dropped_tables(renames, current, desired)
    }
    added = {
        table: _map_signatures(table, desired, NO_RENAMES)
        for table in _find_new_tables(renames, current, desired)
    }
    candidates = [
        RenameCandidate(old=old.key, new=new.key, likeness=likeness)
        for old, old_signatures in dropped.items()
        for new, new_signatures in added.items()
        if old.key.namespace == new.key.namespace
        and (
            likeness := _measure_table_likeness(
                old, new, old_signatures, new_signatures
            )
        )
        >= MIN_LIKENESS
    ]
    return _rank_candidates(candidates)


ColumnSignature = tuple[str, frozenset[str] | None, Key | None]
"""The type of a column, its rules, and the table that it refers to."""


def _map_signatures(
    table: Table, schema: Schema, renames: Renames
) -> dict[str, ColumnSignature]:
    references, rules = map_references(table, schema), map_type_rules(table, schema)
    signatures = {}
    for column in table.columns:
        target = references.get(column.name)
        if target is not None:
            target = renames.tables.get(target, target)
        signatures[column.name] = (column.type, rules.get(column.name), target)
    return signatures


def _measure_table_likeness(
    old: Table,
    new: Table,
    old_signatures: dict[str, ColumnSignature],
    new_signatures: dict[str, ColumnSignature],
) -> float:
    """Return 0.9 for the same columns (renamed ones count half), 0.1 for the same name."""
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
    candidates = []
    for before, after in pair_tables(renames, current, desired):
        dropped, added = _find_unpaired_columns(before, after, renames)
        if not (dropped and added):
            continue
        old, new = map_references(before, current), map_references(after, desired)
        rules = map_type_rules(before, current), map_type_rules(after, desired)
        keys = find_primary_key(before, current), find_primary_key(after, desired)
        for column in dropped:
            target = old.get(column.name)
            if target is not None:
                target = renames.tables.get(target, target)
            is_key = column.name in keys[0]
            for other in added:
                if is_key != (other.name in keys[1]):
                    continue
                if rules[0].get(column.name) != rules[1].get(other.name):
                    continue
                # A primary key may begin or cease to refer to a parent's table.
                if not is_key and target != new.get(other.name):
                    continue
                if (
                    likeness := _measure_column_likeness(column, other)
                ) >= MIN_LIKENESS:
                    candidates.append(
                        RenameCandidate(
                            old=after.key.column(column.name),
                            new=after.key.column(other.name),
                            likeness=likeness,
                        )
                    )
    return _rank_candidates(candidates)


def _measure_column_likeness(old: Column, new: Column) -> float:
    """Return 0.6 for the same type (0.3 if only its size differs), 0.1 for the same
    nullability, default, collation and identity, and up to 0.3 for the names."""
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


def _rank_candidates(candidates: list[RenameCandidate]) -> tuple[RenameCandidate, ...]:
    return tuple(sorted(candidates, key=lambda c: (-c.likeness, c.new, c.old)))
