"""Read the ``Schema`` of a SQLite database.

SQLite keeps every definition as text in one table, so the number of queries does not
grow with the schema.  Invariant: nothing in the database is left out except SQLite's
own tables, shadow tables and the tables of migration tools.
https://www.sqlite.org/schematab.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from schema_migrations.engines.connection import Cursor
from schema_migrations.engines.sqlite.catalog.parse import (
    Part,
    TableOutline,
    parse_index,
    parse_table,
    read_outline,
)
from schema_migrations.engines.sqlite.catalog.tokens import (
    format_tokens,
    tokenize,
)
from schema_migrations.engines.sqlite.catalog.traits import TRIGGER, VIEW, VIRTUAL_TABLE
from schema_migrations.engines.sqlite.quote import fold_case, quote
from schema_migrations.schema.model import (
    NO_KEYS,
    ForeignKey,
    Key,
    Object,
    Opaque,
    Schema,
    Table,
    table_key,
)

MIGRATION_TOOL_TABLES = ("atlas_schema_revisions", "django_migrations")

CATALOG_QUERY = """
SELECT type, name, tbl_name AS "table", sql
  FROM sqlite_master
 WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
 ORDER BY name
"""

# Tables that hold the content of a virtual table.  SQLite 3.37 and newer lists them
# (``pragma_table_list``); on older versions only their names show it.
SHADOW_TABLES_QUERY = (
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
)
SHADOW_SUFFIXES = (
    *("data", "idx", "content", "docsize", "config"),  # fts5
    *("segments", "segdir", "stat"),  # fts3, fts4
    *("node", "rowid", "parent"),  # rtree, geopoly
)


class CatalogRow(NamedTuple):
    type: str
    name: str
    table: str
    sql: str


def inspect(cursor: Cursor) -> Schema:
    """Return the schema of the ``main`` database."""
    cursor.execute("SELECT sqlite_version()")
    version = tuple(map(int, cursor.fetchone()[0].split(".")))
    cursor.execute(CATALOG_QUERY)
    rows = [CatalogRow(*row) for row in cursor.fetchall()]
    shadows: set[str] = set()
    if version >= (3, 37):
        cursor.execute(SHADOW_TABLES_QUERY)
        shadows = {name for (name,) in cursor.fetchall()}
    return assemble_schema(rows, shadows)


def assemble_schema(rows: Iterable[CatalogRow], shadows: Iterable[str] = ()) -> Schema:
    """Return the schema that the rows of ``sqlite_master`` describe."""
    rows = tuple(rows)
    virtual = {row.name for row in rows if _is_virtual_table(row)}
    hidden = {
        *shadows,
        *(f"{v}_{suffix}" for v in virtual for suffix in SHADOW_SUFFIXES),
    }
    hidden |= set(MIGRATION_TOOL_TABLES)
    visible = [r for r in rows if r.name not in hidden and r.table not in hidden]
    outlines = {
        fold_case(row.name): read_outline(row.name, row.sql)
        for row in visible
        if row.type == "table" and row.name not in virtual
    }
    objects = [
        *_assemble_tables(outlines),
        *_assemble_indexes(visible, outlines),
        *_assemble_opaque_objects(visible, outlines),
    ]
    return Schema(frozenset(_with_needs(objects)))


def _is_virtual_table(row: CatalogRow) -> bool:
    return row.type == "table" and row.sql[:14].upper() == "CREATE VIRTUAL"


def _assemble_tables(outlines: Mapping[str, TableOutline]) -> Iterator[Table | Part]:
    for outline in outlines.values():
        table, parts = parse_table(outline, outlines)
        yield table
        yield from parts


def _assemble_indexes(
    rows: list[CatalogRow], outlines: Mapping[str, TableOutline]
) -> Iterator[Object]:
    for row in rows:
        if row.type == "index":
            table = outlines[fold_case(row.table)]
            yield parse_index(row.name, table.name, table.columns, row.sql)


def _assemble_opaque_objects(
    rows: list[CatalogRow], outlines: Mapping[str, TableOutline]
) -> Iterator[Opaque]:
    for row in rows:
        key = Key(kind="opaque", name=row.name, part=row.type)
        if row.type == "trigger":
            table = outlines.get(fold_case(row.table))
            yield Opaque(
                key=key,
                trait=TRIGGER,
                definition=_format_trigger(row.sql),
                owner=table_key(table.name) if table else None,
                drop_sql=f"DROP TRIGGER {quote(row.name)}",
            )
        elif row.type == "view":
            yield Opaque(
                key=key,
                trait=VIEW,
                definition=format_tokens(tokenize(row.sql)),
                drop_sql=f"DROP VIEW {quote(row.name)}",
            )
        elif _is_virtual_table(row):
            # Only its module can interpret the arguments: https://www.sqlite.org/vtab.html
            yield Opaque(
                key=key._replace(part=VIRTUAL_TABLE.noun),
                trait=VIRTUAL_TABLE,
                definition=row.sql.strip(),
                drop_sql=f"DROP TABLE {quote(row.name)}",
            )


def _format_trigger(sql: str) -> str:
    """Return the canonical text of a trigger, one statement of its body per line."""
    tokens = tokenize(sql)
    begin = next(i for i, token in enumerate(tokens) if token.is_word("BEGIN"))
    lines = [f"{format_tokens(tokens[:begin])} BEGIN"]
    start = begin + 1
    for i in range(start, len(tokens)):
        if tokens[i].is_symbol(";"):
            lines.append("  " + format_tokens(tokens[start : i + 1]))
            start = i + 1
    return "\n".join([*lines, "END"])


def _with_needs(objects: list[Object]) -> Iterator[Object]:
    """Yield the objects with the needs of foreign keys, views and triggers.

    A view or trigger needs every table and view whose name occurs in it: perhaps more
    than it uses, but never less.  Cycles are broken by leaving out a need: SQLite
    creates and drops such tables in any order.
    """
    relations = {
        fold_case(obj.key.name): obj.key
        for obj in objects
        if isinstance(obj, Table)
        or (isinstance(obj, Opaque) and obj.trait.takes_relation_name)
    }
    mentioned = {
        obj.key: _find_mentioned(obj, relations)
        for obj in objects
        if isinstance(obj, ForeignKey | Opaque)
    }
    graph: defaultdict[Key, set[Key]] = defaultdict(set)
    for obj in objects:
        if isinstance(obj, ForeignKey | Opaque):
            node = obj.table if isinstance(obj, ForeignKey) else obj.key
            graph[node] |= mentioned[obj.key]
    acyclic = _break_cycles(graph)
    for obj in objects:
        if isinstance(obj, ForeignKey):
            yield replace(obj, needs=mentioned[obj.key] & acyclic[obj.table])
        elif isinstance(obj, Opaque):
            yield replace(obj, needs=mentioned[obj.key] & acyclic[obj.key])
        else:
            yield obj


def _find_mentioned(
    obj: ForeignKey | Opaque, relations: Mapping[str, Key]
) -> frozenset[Key]:
    if isinstance(obj, ForeignKey):
        target = relations.get(fold_case(obj.referenced_table.name))
        return frozenset({target} - {obj.table}) if target else NO_KEYS
    if obj.trait.holds_rows:
        return (
            NO_KEYS  # It holds rows, so it must never be recreated with something else.
        )
    names = {
        fold_case(token.text)
        for token in tokenize(obj.definition)
        if token.kind in ("word", "name")
    }
    return frozenset(relations[n] for n in names & relations.keys()) - {obj.key}


def _break_cycles(graph: Mapping[Key, set[Key]]) -> Mapping[Key, set[Key]]:
    """Return the graph without one edge of each cycle."""
    remaining = {node: sorted(graph[node]) for node in sorted(graph)}
    while True:
        try:
            TopologicalSorter(remaining).prepare()
        except CycleError as cycle:
            needed, needing = cycle.args[1][:2]
            remaining[needing].remove(needed)
        else:
            return {node: set(needs) for node, needs in remaining.items()}
