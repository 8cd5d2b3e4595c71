"""What the server prints once it has read its own print.

PostgreSQL's printed expressions are no fixed point: ``CHECK (n IN ('a', 'b'))`` on a
varchar prints one way, and that text made anew prints another, which then stays.  So
objects are made anew beside themselves, under probe names, from their own print; what
the probes print is taken, and all is rolled back.  Nothing is dropped, so nothing that
depends on an object is in the way.  Settling twice is settling once.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from schema_migrations.engines.postgresql.catalog.inspect import inspect
from schema_migrations.engines.postgresql.catalog.rollback import roll_back_at_end
from schema_migrations.engines.postgresql.ddl.render_column import render_column
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    Index,
    Key,
    Opaque,
    Schema,
    Table,
    column_key,
    table_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.engine import Cursor

_INVALID_MARK = "/* invalid */"
Reprintable = Constraint | Index | Definition | Opaque | Column

REPRINTED_TYPES = (
    *("view", "materialized view", "index", "statistics"),
    *("trigger", "policy", "rule", "function", "procedure"),
)
"""Opaque objects that hold expressions, and can be made under another name."""

_NAME_PATTERN = r'(?:"(?:[^"]|"")+"|[^\W\dA-Z][\w$]*)'
_CREATE_PATTERN = re.compile(
    rf"(?P<head>CREATE (?:[A-Z]+ )+(?:{_NAME_PATTERN}\.)?)(?P<name>{_NAME_PATTERN})"
)
"""How the definition of an opaque object begins: only names are not in capitals."""


def canonicalize(cursor: Cursor, schema: Schema, keys: frozenset[Key]) -> Schema:
    """Return ``schema`` with settled definitions of what ``keys`` name.

    That is checks, exclusion constraints, indexes, domains, what is ``REPRINTED``, and
    the defaults and expressions of columns (the key of a table means all of its
    columns).  Other keys are ignored, and what cannot be made anew stays as it is.
    """
    objects = {
        key: obj
        for key, obj in _find_reprintable(schema)
        if key in keys or (key.kind == "column" and _table_of(key) in keys)
    }
    if not objects:
        return schema
    with roll_back_at_end(cursor):
        probes = _create_probes(cursor, objects)
        printed = dict(_find_reprintable(inspect(cursor)))
    settled = {
        key: _with_definition_of(objects[key], printed[p]) for key, p in probes.items()
    }
    return _replace_objects(schema, settled)


def _find_reprintable(schema: Schema) -> Iterator[tuple[Key, Reprintable]]:
    """Yield everything that holds an expression and can be made anew."""
    for obj in schema:
        match obj:
            case Table():
                for column in obj.columns:
                    if column.default is not None or column.generated is not None:
                        yield column_key(obj.key, column.name), column
            case Index(definition=definition) if definition.endswith(_INVALID_MARK):
                pass  # a probe would be valid
            case (
                Index()
                | Constraint(type="check" | "exclusion")
                | Definition(key=Key(kind="domain"))
            ):
                yield obj.key, obj
            case Opaque(type=type_) if type_ in REPRINTED_TYPES:
                yield obj.key, obj
            case _:
                pass


def _table_of(key: Key) -> Key:
    return table_key(key.name, key.namespace)


def _create_probes(cursor: Cursor, objects: dict[Key, Reprintable]) -> dict[Key, Key]:
    """Make a probe of each object; return the probes' keys."""
    probes = {}
    cursor.execute("SAVEPOINT probe")
    for number, (key, obj) in enumerate(objects.items()):
        name = f"settle probe {number}"
        try:
            # The next savepoint in the same message, which is parsed as a whole.
            cursor.execute(
                f"{_render_probe(key, obj, name)}; RELEASE SAVEPOINT probe; SAVEPOINT probe"
            )
        except psycopg.Error:
            # The print of a legal object may be illegal (a collation that is gone).
            cursor.execute("ROLLBACK TO SAVEPOINT probe")
        else:
            in_table = key.kind in ("column", "constraint")
            probes[key] = (
                key._replace(part=name) if in_table else key._replace(name=name)
            )
    return probes


def _render_probe(key: Key, obj: Reprintable, probe: str) -> str:
    match obj:
        case Constraint():
            constraint = f"CONSTRAINT {quote(probe)} {obj.definition}"
            return f"ALTER TABLE {qualify(obj.table)} ADD {constraint}"
        case Index():
            unique = "UNIQUE " if obj.unique else ""
            table = qualify(obj.table)
            return f"CREATE {unique}INDEX {quote(probe)} ON {table} {obj.definition}"
        case Definition():
            return f"CREATE DOMAIN {qualify(key._replace(name=probe))} {obj.definition}"
        case Opaque():
            return _CREATE_PATTERN.sub(
                rf"\g<head>{quote(probe)}", obj.definition, count=1
            )
        case Column():
            column = render_column(replace(obj, name=probe, nullable=True))
            return f"ALTER TABLE {qualify(_table_of(key))} ADD COLUMN {column}"


def _with_definition_of(obj: Reprintable, probe: Reprintable) -> Reprintable:
    """Return the object in the probe's words."""
    if isinstance(obj, Column):
        assert isinstance(probe, Column)
        return replace(obj, default=probe.default, generated=probe.generated)
    assert not isinstance(probe, Column)
    if isinstance(obj, Opaque):
        own, other = (
            _CREATE_PATTERN.match(obj.definition),
            _CREATE_PATTERN.match(probe.definition),
        )
        assert own is not None
        assert other is not None
        definition = own[0] + probe.definition[other.end() :]
        return replace(obj, definition=definition)
    if isinstance(obj, Definition):
        assert isinstance(probe, Definition)
        return replace(obj, definition=probe.definition, clauses=probe.clauses)
    return replace(obj, definition=probe.definition)


def _replace_objects(schema: Schema, canonical: dict[Key, Reprintable]) -> Schema:
    columns = {key: obj for key, obj in canonical.items() if isinstance(obj, Column)}
    tables = []
    for key in {_table_of(key) for key in columns}:
        table = schema.get_table(key)
        changed = tuple(
            columns.get(column_key(key, column.name), column)
            for column in table.columns
        )
        tables.append(replace(table, columns=changed))
    others = [obj for obj in canonical.values() if not isinstance(obj, Column)]
    return schema.replace_objects((), (*tables, *others))
