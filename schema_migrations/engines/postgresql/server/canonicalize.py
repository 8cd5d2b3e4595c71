"""Bring definitions to the server's fixed point.

The text that PostgreSQL prints for ``CHECK (n IN ('a', 'b'))`` on a varchar changes once
more when that text is executed, and then stays.  So copies of the objects (probes) are
created from their printed text under other names; the probes' printed text is taken, and
everything is rolled back.  Nothing is dropped, so dependent objects do not matter.
Canonicalizing twice gives the same result as once.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from schema_migrations.engines.postgresql.catalog.inspect import inspect
from schema_migrations.engines.postgresql.catalog.rollback import roll_back_at_end
from schema_migrations.engines.postgresql.ddl.domains import render_create_domain
from schema_migrations.engines.postgresql.ddl.render_column import render_column
from schema_migrations.engines.postgresql.quote import (
    ATTACHED_MARK,
    ONLY_MARK,
    qualify,
    quote,
)
from schema_migrations.schema.model import (
    INVALID_MARK,
    Attachment,
    Column,
    Constraint,
    Definition,
    Index,
    Key,
    Opaque,
    Schema,
    Table,
)
from schema_migrations.schema.trait import Trait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.connection import Cursor

PROBES_A_MESSAGE = 100

Reprintable = Constraint | Index | Definition | Opaque | Column

_NAME_PATTERN = r'(?:"(?:[^"]|"")+"|[^\W\dA-Z][\w$]*)'
_NAMED = re.compile(
    r"(?P<head>(?:ALTER TABLE .+? ADD CONSTRAINT |CREATE (?:[A-Z]+ )+"
    rf"(?:{_NAME_PATTERN}\.)?))(?P<name>{_NAME_PATTERN})"
)
"""The start of an opaque object's definition: only names are not in capitals."""


def canonicalize(
    cursor: Cursor,
    schema: Schema,
    keys: frozenset[Key],
    *,
    format_statement: Callable[[str], str] = lambda sql: sql,
) -> Schema:
    """Return ``schema`` with canonical definitions of the objects that ``keys`` name.

    These are checks, exclusion constraints, indexes, domains, opaque objects with an expression, and the
    defaults and expressions of columns (a table's key means all of its columns).  Other
    keys are ignored, and objects that cannot be created again stay as they are.
    ``format_statement`` says how a statement is sent, for a sealed room.
    """
    objects = {
        key: obj
        for key, obj in _find_reprintable(schema)
        if key in keys or (key.kind == "column" and key.table in keys)
    }
    if not objects:
        return schema
    with roll_back_at_end(cursor):
        probes = _create_probes(cursor, objects, format_statement)
        printed = dict(_find_reprintable(inspect(cursor)))
    canonical = {
        key: _with_definition_of(objects[key], printed[probe])
        for key, probe in probes.items()
        # The probe of a whole table's may have taken that of a partition's as its part.
        if probe in printed
    }
    return _replace_objects(schema, canonical)


_MARKS = (INVALID_MARK, ONLY_MARK, ATTACHED_MARK)
"""What a definition ends with if it depends on other objects besides its own SQL."""


def _find_reprintable(schema: Schema) -> Iterator[tuple[Key, Reprintable]]:
    """Yield every object that holds an expression and can be created again."""
    for obj in schema:
        match obj:
            case Table():
                for column in obj.columns:
                    if column.default is not None or column.generated is not None:
                        yield obj.key.column(column.name), column
            case Index() | Constraint() | Opaque() if obj.definition.endswith(_MARKS):
                pass  # made again on its own, it would be printed without the mark
            case (
                Index()
                | Constraint(type="check" | "exclusion")
                | Definition(key=Key(kind="domain"))
            ):
                yield obj.key, obj
            case Opaque() if obj.trait.is_reprinted or _partition_key_of(obj):
                yield obj.key, obj
            case _:
                pass


def _partition_key_of(obj: object) -> Opaque | None:
    """Return the partition key that an object is, or that a partition has, or None."""
    match obj:
        case Opaque(trait=Trait(is_partition_key=True)):
            return obj
        case Opaque(attachment=Attachment(objects=objects)):
            return next(filter(None, map(_partition_key_of, objects)), None)
        case _:
            return None


def _create_probes(
    cursor: Cursor,
    objects: dict[Key, Reprintable],
    format_statement: Callable[[str], str],
) -> dict[Key, Key]:
    """Create a probe of each object; return the probes' keys.

    A message creates many, and each alone if one of them cannot be created.
    """
    probes: dict[Key, Key] = {}
    cursor.execute("SAVEPOINT probe")
    numbered = list(enumerate(objects.items()))
    for start in range(0, len(numbered), PROBES_A_MESSAGE):
        batch = numbered[start : start + PROBES_A_MESSAGE]
        if _try_to_create(cursor, batch, format_statement, probes):
            continue
        for each in batch:
            # A legal object may print illegal text (its collation no longer exists).
            _try_to_create(cursor, [each], format_statement, probes)
    return probes


def _try_to_create(
    cursor: Cursor,
    batch: Sequence[tuple[int, tuple[Key, Reprintable]]],
    format_statement: Callable[[str], str],
    probes: dict[Key, Key],
) -> bool:
    """Create numbered probes in one message and add their keys, or create none."""
    named = [(key, obj, f"canonicalize probe {number}") for number, (key, obj) in batch]
    script = "; ".join(format_statement(_render_probe(*each)) for each in named)
    try:
        # It is parsed as a whole: it sets the next savepoint as well.
        cursor.execute(f"{script}; RELEASE SAVEPOINT probe; SAVEPOINT probe")
    except psycopg.Error:
        cursor.execute("ROLLBACK TO SAVEPOINT probe")
        return False
    probes |= {key: _rename_key(key, obj, name) for key, obj, name in named}
    return True


def _rename_key(key: Key, obj: Reprintable, probe: str) -> Key:
    """Return the key that the probe of an object has."""
    match obj:
        case Opaque(trait=Trait(is_constraint=True, noun=noun)):
            return key._replace(part=f"{noun} {probe}")
        case Opaque(trait=Trait(is_overwritten=True)):
            return key
        case Opaque() if partition_key := _partition_key_of(obj):
            return key._replace(name=probe, part=partition_key.noun)
        case Column() | Constraint():
            return key._replace(part=probe)
        case _:
            return key._replace(name=probe)


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
            domain = replace(obj, key=key._replace(name=probe))
            return "; ".join(each.sql for each in render_create_domain(domain))
        case Opaque() if partition_key := _partition_key_of(obj):
            table = qualify(Key("table", key.namespace, probe))
            like = f"CREATE TABLE {table} (LIKE {qualify(key)})"
            return f"{like} {partition_key.definition}"
        case Opaque(trait=Trait(is_overwritten=True)):
            # It is set once more.
            return obj.definition
        case Opaque():
            return _NAMED.sub(rf"\g<head>{quote(probe)}", obj.definition, count=1)
        case Column():
            column = render_column(replace(obj, name=probe, nullable=True))
            return f"ALTER TABLE {qualify(key.table)} ADD COLUMN {column}"


def _with_definition_of(obj: Reprintable, probe: Reprintable) -> Reprintable:
    """Return the object with the probe's printed text."""
    if isinstance(obj, Column):
        assert isinstance(probe, Column)
        return replace(obj, default=probe.default, generated=probe.generated)
    assert not isinstance(probe, Column)
    if isinstance(obj, Opaque):
        if partition_key := _partition_key_of(obj):
            rest = obj.definition.removesuffix(partition_key.definition)
            return replace(obj, definition=f"{rest}{probe.definition}")
        if obj.trait.is_overwritten:
            return replace(obj, definition=probe.definition)
        head, probe_head = (_NAMED.match(each.definition) for each in (obj, probe))
        assert head is not None
        assert probe_head is not None
        definition = head[0] + probe.definition[probe_head.end() :]
        return replace(obj, definition=definition)
    if isinstance(obj, Definition):
        assert isinstance(probe, Definition)
        return replace(obj, definition=probe.definition, clauses=probe.clauses)
    return replace(obj, definition=probe.definition)


def _replace_objects(schema: Schema, canonical: dict[Key, Reprintable]) -> Schema:
    columns = {key: obj for key, obj in canonical.items() if isinstance(obj, Column)}
    tables = []
    for key in {key.table for key in columns}:
        table = schema.get_table(key)
        changed = tuple(
            columns.get(key.column(column.name), column) for column in table.columns
        )
        tables.append(replace(table, columns=changed))
    others = [obj for obj in canonical.values() if not isinstance(obj, Column)]
    return schema.replace_objects((), (*tables, *others))
