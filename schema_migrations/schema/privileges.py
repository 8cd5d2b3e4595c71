"""Who owns objects and may use them: beside the schema, or part of it.  Pure.

By default privileges are no part of a schema: they are not compared, and only given again
on what a plan makes anew.  Where they are compared, they are objects like others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import (
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    trait_of,
)


def with_privileges_as_objects(schema: Schema, *, owners: bool) -> Schema:
    """Return the schema with its privileges among its objects, to be compared.

    ``owners``: also who owns them.  What a dev database refuses is never compared.
    """
    settings = [
        each.setting
        for each in schema.privileges
        if each.is_provable and (owners or not each.setting.trait.is_ownership)
    ]
    rest = tuple(each for each in schema.privileges if not each.is_provable)
    return replace(schema.replace_objects((), settings), privileges=rest)


def with_privileges_of(schema: Schema, live: Schema) -> Schema:
    """Return a copy of a live schema with the privileges that only the live one has."""
    return replace(
        schema, privileges=live.privileges, role=live.role, knows_privileges=True
    )


def with_missing_roles(schema: Schema, roles: Collection[str]) -> Schema:
    """Return the schema; what names one of these roles cannot be tried."""
    privileges = tuple(
        replace(each, is_provable=each.is_provable and each.role not in roles)
        for each in schema.privileges
    )
    return replace(schema, privileges=privileges)


def with_current_owners(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` with the owners that ``current`` has where nothing else is said.

    What has no owner of its own in ``current`` belongs to the role that read it.
    """
    own = {obj.key for obj in _list_owners(current)}
    satisfied = [
        obj.key
        for obj in _list_owners(desired)
        if obj.key not in own and obj.definition.endswith(f" {current.role}")
    ]
    stated = {obj.key for obj in _list_owners(desired)}
    kept = [
        obj
        for obj in _list_owners(current)
        if obj.key not in stated and obj.needs <= desired.by_key.keys()
    ]
    return desired.replace_objects(satisfied, kept)


def _list_owners(schema: Schema) -> Iterable[Opaque]:
    return (obj for obj in schema.of(Opaque) if obj.trait.is_ownership)


def is_default_privilege(obj: Opaque) -> bool:
    """Tell whether an object says what objects to come grant or refuse."""
    return obj.trait.is_for_new_objects


def hide_inherited_privileges(
    reached: Schema, goal: Schema, *, before: Schema
) -> Schema:
    """Return ``reached`` without what new objects got from default privileges.

    ``before`` has the objects that are not new.  If no such default was carried over, the
    desired state says all.
    """
    if not any(
        is_default_privilege(o) for o in goal.of(Opaque) if o.key in goal.carried
    ):
        return reached
    known = _list_keys(before)
    inherited = [
        obj.key
        for obj in reached.of(Opaque)
        if obj.trait.is_privilege
        and obj.key not in goal.by_key
        and not obj.needs <= known
    ]
    return reached.replace_objects(inherited, ())


def _list_keys(schema: Schema) -> frozenset[Key]:
    tables = (table.provided_keys for table in schema.of(Table))
    return frozenset(schema.by_key).union(*tables)


def find_made_anew(changes: Iterable[ddl.Change], current: Schema) -> tuple[Key, ...]:
    """Return the objects and columns that exist, and that the changes make anew.

    A function of the same name counts although its arguments are others, and so does a
    table in place of a view.
    """
    changes = tuple(changes)
    dropped = {_name_of(obj) for obj in _list_dropped(changes) if _can_have(obj)}
    found: set[Key] = set()
    for change in changes:
        match change:
            case ddl.CreateTable(table=obj) | ddl.Create(object=obj):
                existed = obj.key in current.by_key or _name_of(obj) in dropped
                if existed and _can_have(obj):
                    found.add(obj.key)
            case ddl.AddColumn(table=table, column=column):
                before = current.get(table)
                key = table.column(column.name)
                if isinstance(before, Table) and key in before.provided_keys:
                    found.add(key)
            case _:
                pass
    return tuple(sorted(found))


def _list_dropped(changes: Iterable[ddl.Change]) -> Iterator[Object]:
    for change in changes:
        match change:
            case ddl.DropTable(table=obj) | ddl.Drop(object=obj):
                yield obj
            case _:
                pass


def _name_of(obj: Object) -> tuple[str, str, str]:
    trait = trait_of(obj)
    noun = "" if trait.takes_relation_name else trait.noun
    return (noun, obj.key.namespace, obj.key.name)


def _can_have(obj: Object) -> bool:
    return trait_of(obj).has_privileges
