"""Make unique constraints and primary keys of indexes made while others write.  Pure.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.online.busy_tables import (
    can_go_last,
    choose_free_name,
    find_busy_tables,
    list_names,
)
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Constraint, Index, Key

if TYPE_CHECKING:
    from schema_migrations.plan.plan import Changes
    from schema_migrations.schema.model import Schema

_KEY = re.compile(
    r"(?:UNIQUE|PRIMARY KEY)(?P<nulls> NULLS NOT DISTINCT)?"
    r" (?P<columns>\((?:[^()\"]|\"(?:[^\"]|\"\")*\")*\)"
    r"(?: INCLUDE \((?:[^()\"]|\"(?:[^\"]|\"\")*\")*\))?)"
    r"(?P<parameters> WITH \([^)]*\))?"
    r"(?: USING INDEX(?P<place> TABLESPACE (?:\w+|\"(?:[^\"]|\"\")*\")))?"
    r"(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?"
)
"""How the server prints a key."""


def make_keys_from_indexes(
    changes: Changes, current: Schema, desired: Schema
) -> Changes:
    """Let each key of a table that exists take over an index."""
    busy = find_busy_tables(changes, current)
    taken = list_names(changes, current, desired)
    dropped = [
        c.object
        for c in changes
        if isinstance(c, ddl.Drop)
        and isinstance(c.object, Constraint)
        and can_go_last(c.object, changes)
    ]
    forbidden = {
        ddl.subject_of(c): c.forbidden_key
        for c in changes
        if isinstance(c, ddl.ForbidNull)
    }
    result: list[ddl.Change] = []
    for change in changes:
        match change:
            case ddl.Create(
                object=Constraint(type="unique" | "primary key") as key
            ) if key.table in busy and (
                index := _make_index(key, _find_replaced(key, dropped), taken)
            ):
                waits = {
                    forbidden[column]
                    for name in key.columns
                    if (column := key.table.column(name)) in forbidden
                }
                key = replace(key, needs=key.needs | waits)
                result.append(ddl.Create(object=index))
                gone = change.gone_first | _find_replaced(key, dropped)
                result.append(
                    replace(change, object=key, from_index=index, gone_first=gone)
                )
            case _:
                result.append(change)
    return tuple(result)


def _find_replaced(key: Constraint, dropped: list[Constraint]) -> frozenset[Key]:
    """Return the key of what there cannot be two of: a name, a table's primary key."""
    return frozenset(
        each.key
        for each in dropped
        if each.key == key.key
        or (each.table == key.table and each.type == key.type == "primary key")
    )


def _make_index(
    key: Constraint, replaced: frozenset[Key], taken: set[str]
) -> Index | None:
    """Return the index that becomes that of a key; None: the key has no such form."""
    match = _KEY.fullmatch(key.definition)
    if match is None or " WITHOUT OVERLAPS" in key.definition:
        return None
    name = key.key.part
    if replaced:
        name = choose_free_name(name, "__new", taken)
    nulls, parameters = match["nulls"] or "", match["parameters"] or ""
    definition = f"USING btree {match['columns']}{nulls}{parameters}"
    return Index(
        key=Key("index", key.table.namespace, name),
        table=key.table,
        unique=True,
        definition=definition + (match["place"] or ""),
        columns=key.columns,
        method="btree",
        needs=key.needs,
    )
