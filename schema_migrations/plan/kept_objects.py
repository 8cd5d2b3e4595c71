"""Choose what SQL can keep of the differences between a wanted schema and a base.  Pure.

The base is what models or files make, the wanted one what SQL made of it elsewhere: in a
live database, or by the project's own migrations.  Kept is what statements in ``EXTRA`` can
say after the models: not partitions and the tables that have or are some, and not
privileges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from schema_migrations.plan.differences import DifferenceKind, classify
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import (
    INVALID_MARK,
    NO_KEYS,
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    owner_of,
    provided_keys_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptObjects:
    """What is kept of a wanted schema, and the base as it is with that."""

    goal: Schema
    keys: frozenset[Key] = NO_KEYS
    """Of the objects and columns that are as wanted, or gone as wanted."""
    commented: frozenset[Key] = NO_KEYS
    """Of the tables and columns that have the wanted comment."""


def choose_kept_objects(
    base: Schema,
    wanted: Schema,
    tolerant_base: Schema,
    excluded: Iterable[Key] = (),
) -> KeptObjects:
    """Return what of ``wanted`` can be kept beside the objects of ``base``.

    ``tolerant_base`` is the base with the differences that the wanted schema may have;
    ``excluded`` are left as they are in the base, but for comments.
    """
    excluded = frozenset(excluded)
    changes = tuple(
        change
        for change in diff(wanted, tolerant_base)
        if isinstance(change, ddl.SetComment) or ddl.subject_of(change) not in excluded
    )
    kinds = classify(changes)
    names = _find_names(kinds["name"])
    candidates = {
        obj.key: obj
        for obj in _find_candidates((*kinds["different"], *kinds["surplus"]), wanted)
    }
    added = dict(_find_added_columns(kinds["surplus"], base))
    founded = _find_founded(candidates, added, base, wanted, names)
    objects = [obj for key, obj in candidates.items() if key in founded]
    added = {key: column for key, column in added.items() if key in founded}
    gone = frozenset(_find_replaced(objects, kinds))
    goal = base.replace_objects(gone, (_with_names(obj, names) for obj in objects))
    goal = _with_columns(goal, added.items())
    columns = tuple(_find_columns(kinds["different"], goal, wanted))
    goal = _with_columns(goal, columns)
    goal, commented = _with_comments(goal, kinds["different"])
    keys = founded | gone | {key for key, _ in columns}
    return KeptObjects(goal=goal, keys=keys, commented=commented)


def is_kept(change: ddl.Change, kept: KeptObjects) -> bool:
    """Tell whether a difference, a change from the wanted schema to the base, is kept."""
    is_comment = isinstance(change, ddl.SetComment)
    return ddl.subject_of(change) in (kept.commented if is_comment else kept.keys)


def _find_names(renames: Iterable[ddl.Change]) -> Mapping[Key, Key]:
    """Return wanted key → base key of what differs in its name alone."""
    return {
        change.before.key: change.after.key
        for change in renames
        if isinstance(change, ddl.Rename)
    }


def _find_candidates(changes: Iterable[ddl.Change], wanted: Schema) -> Iterator[Object]:
    """Yield the wanted objects that statements of ``EXTRA`` can make."""
    for change in changes:
        match change:
            case ddl.DropTable(table=table):
                if all(map(_is_keepable, wanted.by_table.get(table.key, ()))):
                    yield table
            case ddl.Drop(object=obj) if _is_keepable(obj):
                yield obj
            case ddl.Alter(before=before) if _is_keepable(before):
                yield before
            case _:
                pass


def _is_keepable(obj: Object) -> bool:
    match obj:
        case Opaque():
            return not (
                obj.trait.is_privilege
                or obj.trait.holds_rows
                or obj.trait.is_partition_key
                or obj.attachment
            )
        case Index():
            return not obj.definition.endswith(INVALID_MARK)
        case _:
            return True


def _find_added_columns(
    changes: Iterable[ddl.Change], base: Schema
) -> Iterator[tuple[Key, Column]]:
    """Yield the columns that tables of the base lack."""
    for change in changes:
        if (
            isinstance(change, ddl.DropColumn)
            and change.column.is_local
            and change.table in base.by_key
        ):
            yield change.table.column(change.column.name), change.column


def _find_founded(
    candidates: Mapping[Key, Object],
    added: Mapping[Key, Column],
    base: Schema,
    wanted: Schema,
    names: Mapping[Key, Key],
) -> frozenset[Key]:
    """Return the keys of the candidates and columns that need only what is kept."""
    there = _list_keys(base)
    elsewhere = _list_keys(wanted) - there
    needs = {key: _needs_of(obj) & elsewhere for key, obj in candidates.items()}
    needs |= {key: column.needs & elsewhere for key, column in added.items()}
    for key, obj in candidates.items():
        if _quotes_other_name(obj, names):
            del needs[key]
    while True:
        provided = (provided_keys_of(candidates[k]) for k in needs if k in candidates)
        made = names.keys() | needs.keys() | NO_KEYS.union(*provided)
        unfounded = [key for key, needed in needs.items() if needed - made]
        if not unfounded:
            return frozenset(needs)
        for key in unfounded:
            del needs[key]


def _quotes_other_name(obj: Object, names: Mapping[Key, Key]) -> bool:
    """Tell whether the SQL of an object names what has another name in the base."""
    return (
        isinstance(obj, Opaque)
        and obj.trait.carries_name
        and bool(obj.needs & names.keys())
    )


def _list_keys(schema: Schema) -> frozenset[Key]:
    return frozenset(schema.by_key).union(*map(provided_keys_of, schema))


def _needs_of(obj: Object) -> frozenset[Key]:
    owner = owner_of(obj)
    return obj.needs | ({owner} if owner else NO_KEYS)


def _with_names(obj: Object, names: Mapping[Key, Key]) -> Object:
    if isinstance(obj, Table | Definition) or not obj.needs & names.keys():
        return obj
    return replace(obj, needs=frozenset(names.get(key, key) for key in obj.needs))


def _find_replaced(
    kept: Iterable[Object],
    kinds: Mapping[DifferenceKind, tuple[ddl.Change, ...]],
) -> Iterator[Key]:
    """Yield the keys of base objects in whose place others are kept.

    Such a one was made anew under another name, or is another primary key.
    """
    kept = tuple(kept)
    kept_keys = {obj.key for obj in kept}
    places = {place for obj in kept if (place := _place_of(obj))}
    for change in (*kinds["missing"], *kinds["different"]):
        if (
            isinstance(change, ddl.Create)
            and _place_of(change.object) in places
            and change.object.key not in kept_keys
        ):
            yield change.object.key


def _place_of(obj: Object) -> tuple[Key, str, tuple[str, ...]] | None:
    """Return the table, kind and columns of a rule or an index; None: it has none."""
    match obj:
        case Constraint(type="primary key"):
            return obj.table, "primary key", ()
        case Constraint(type="unique") | Index() if obj.columns:
            return obj.table, "index", obj.columns
        case Constraint() if obj.columns:
            return obj.table, obj.type, obj.columns
        case ForeignKey():
            return obj.table, "foreign key", obj.columns
        case _:
            return None


_UNKEPT_FIELDS = ("name", "comment", "custom_sequence")
"""Of a column: what is no difference, or has a change of its own."""
_NEEDY_FIELDS = {"type", "collation", "default", "generated"}
"""Of a column: what may need other objects."""


def _find_columns(
    changes: Iterable[ddl.Change], goal: Schema, wanted: Schema
) -> Iterator[tuple[Key, Column]]:
    """Yield each column that differs, with what differs as wanted."""
    missing = _list_keys(wanted) - _list_keys(goal)
    for change in changes:
        if not isinstance(change, ddl.AlterColumn):
            continue
        before, after = change.before, change.after
        different = {
            field.name: getattr(before, field.name)
            for field in fields(Column)
            if field.compare and field.name not in _UNKEPT_FIELDS
            if getattr(before, field.name) != getattr(after, field.name)
        }
        needs = before.needs if different.keys() & _NEEDY_FIELDS else NO_KEYS
        if different and not needs & missing:
            key = change.table.column(after.name)
            column = goal.get_table(change.table).get_column(after.name)
            yield key, replace(column, needs=column.needs | needs, **different)


def _with_columns(schema: Schema, columns: Iterable[tuple[Key, Column]]) -> Schema:
    by_table: dict[Key, dict[str, Column]] = {}
    for key, column in columns:
        by_table.setdefault(key.table, {})[column.name] = column
    tables = (
        _with_own_columns(schema.get_table(key), new) for key, new in by_table.items()
    )
    return schema.replace_objects((), tables)


def _with_own_columns(table: Table, new: Mapping[str, Column]) -> Table:
    columns = {column.name: column for column in table.columns} | dict(new)
    return replace(
        table,
        columns=tuple(columns[name] for name in sorted(columns)),
        needs=table.needs.union(*(column.needs for column in new.values())),
    )


def _with_comments(
    schema: Schema, changes: Iterable[ddl.Change]
) -> tuple[Schema, frozenset[Key]]:
    """Return the schema with the wanted comments of tables and columns, and their keys."""
    comments = {
        change.key: change.before
        for change in changes
        if isinstance(change, ddl.SetComment)
    }
    columns = (
        (
            key,
            replace(schema.get_table(key.table).get_column(key.part), comment=comment),
        )
        for key, comment in comments.items()
        if key.kind == "column"
    )
    commented = _with_columns(schema, columns)
    tables = [
        replace(commented.get_table(key.table), comment=comment)
        for key, comment in comments.items()
        if key.kind != "column"
    ]
    return commented.replace_objects((), tables), frozenset(comments)
