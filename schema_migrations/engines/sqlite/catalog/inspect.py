"""A SQLite database as a ``Schema``.

SQLite keeps every definition as text, so all there is to fetch is one table; the
number of queries does not grow with the schema.  Invariant: nothing in the database
is left out but SQLite's own tables, shadow tables and the tables of migration tools.
https://www.sqlite.org/schematab.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from schema_migrations.engines.engine import Cursor
from schema_migrations.engines.sqlite.catalog.parse import (
    Part,
    TableOutline,
    parse_index,
    parse_table,
    read_outline,
)
from schema_migrations.engines.sqlite.catalog.tokens import (
    fold_case,
    format_tokens,
    quote,
    tokenize,
)
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
SELECT type, name, tbl_name, sql
  FROM sqlite_master
 WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
 ORDER BY name
"""

# Tables that a virtual table keeps its content in.  SQLite 3.37 and newer tells them
# apart (``pragma_table_list``); before, their names do.
SHADOW_TABLES_QUERY = (
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'"
)
SHADOW_SUFFIXES = (
    *("data", "idx", "content", "docsize", "config"),  # fts5
    *("segments", "segdir", "stat"),  # fts3, fts4
    *("node", "rowid", "parent"),  # rtree, geopoly
)


@dataclass(frozen=True, slots=True)
class CatalogRow:
    type: str
    name: str
    table: str
    sql: str


def inspect(cursor: Cursor) -> Schema:
    """Read the schema of the database's ``main`` part."""
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
    seen = [row for row in rows if row.name not in hidden and row.table not in hidden]
    sources = {
        fold_case(row.name): read_outline(row.name, row.sql)
        for row in seen
        if row.type == "table" and row.name not in virtual
    }
    objects = [
        *_assemble_tables(sources),
        *_assemble_indexes(seen, sources),
        *_assemble_opaque_objects(seen, sources),
    ]
    return Schema(frozenset(_with_needs(objects)))


def _is_virtual_table(row: CatalogRow) -> bool:
    return row.type == "table" and row.sql[:14].upper() == "CREATE VIRTUAL"


def _assemble_tables(outlines: Mapping[str, TableOutline]) -> Iterator[Table | Part]:
    for each in outlines.values():
        table, parts = parse_table(each, outlines)
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
            on = outlines.get(fold_case(row.table))
            yield Opaque(
                key=key,
                type="trigger",
                definition=_format_trigger(row.sql),
                owner=table_key(on.name) if on else None,
                drop_sql=f"DROP TRIGGER {quote(row.name)}",
            )
        elif row.type == "view":
            yield Opaque(
                key=key,
                type="view",
                definition=format_tokens(tokenize(row.sql)),
                drop_sql=f"DROP VIEW {quote(row.name)}",
            )
        elif _is_virtual_table(row):
            # A module reads its arguments as text: https://www.sqlite.org/vtab.html
            yield Opaque(
                key=key._replace(part="virtual table"),
                type="virtual table",
                definition=row.sql.strip(),
                drop_sql=f"DROP TABLE {quote(row.name)}",
            )


def _format_trigger(sql: str) -> str:
    """Print a trigger, one statement of its body a line."""
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
    """Say which tables and views each foreign key, view and trigger mentions.

    A view or trigger needs every table and view whose name occurs in it as a name:
    more than it uses, perhaps, but never less.  References in a circle need nothing
    of each other: SQLite makes and drops such tables in any order.
    """
    relations = {
        fold_case(obj.key.name): obj.key
        for obj in objects
        if isinstance(obj, Table) or (isinstance(obj, Opaque) and obj.type != "trigger")
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
    straight = _break_cycles(graph)
    for obj in objects:
        if isinstance(obj, ForeignKey):
            yield replace(obj, needs=mentioned[obj.key] & straight[obj.table])
        elif isinstance(obj, Opaque):
            yield replace(obj, needs=mentioned[obj.key] & straight[obj.key])
        else:
            yield obj


def _find_mentioned(
    obj: ForeignKey | Opaque, relations: Mapping[str, Key]
) -> frozenset[Key]:
    if isinstance(obj, ForeignKey):
        target = relations.get(fold_case(obj.referenced_table.name))
        return frozenset({target} - {obj.table}) if target else NO_KEYS
    if obj.type == "virtual table":
        return NO_KEYS  # It holds rows: nothing may lead to making it anew.
    names = {
        fold_case(token.text)
        for token in tokenize(obj.definition)
        if token.kind in ("word", "name")
    }
    return frozenset(relations[n] for n in names & relations.keys()) - {obj.key}


def _break_cycles(graph: Mapping[Key, set[Key]]) -> Mapping[Key, set[Key]]:
    """Return the graph without one edge of each of its circles."""
    left = {node: sorted(graph[node]) for node in sorted(graph)}
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as circle:
            needed, needing = circle.args[1][:2]
            left[needing].remove(needed)
        else:
            return {node: set(needs) for node, needs in left.items()}
