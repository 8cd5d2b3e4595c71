"""Assemble a ``Schema`` from the rows of the catalog queries.  Pure.

Every object gets its key first; then it is made, with the keys of what it needs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.assemble_opaque import (
    PartsByAddress,
    assemble_comments,
    assemble_opaque_objects,
    map_owners,
)
from schema_migrations.engines.postgresql.catalog.assemble_privileges import (
    assemble_privileges,
)
from schema_migrations.engines.postgresql.catalog.keys import (
    PG_CLASS,
    PG_CONSTRAINT,
    Catalog,
    keys_of,
    needs_of,
    wholes_of,
)
from schema_migrations.engines.postgresql.catalog.sequence_names import (
    is_server_chosen,
)
from schema_migrations.schema.model import (
    Column,
    Constraint,
    Definition,
    ForeignKey,
    Index,
    Key,
    Schema,
    Sequence,
    Table,
    table_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.postgresql.catalog.rows import (
        CatalogRows,
        ConstraintRow,
        IndexRow,
    )


def assemble_schema(rows: CatalogRows) -> Schema:
    """Return the schema that the rows of all queries describe."""
    keys = keys_of(rows)
    wholes = wholes_of(rows, keys)
    needs = needs_of(rows, keys, wholes)
    catalog = Catalog(rows=rows, keys=keys, wholes=wholes, needs=needs)
    makers = (
        *_TABLE_MAKERS,
        _assemble_sequences,
        _assemble_definitions,
    )
    owners = map_owners(catalog)
    parts = _assemble_partitions(rows)
    opaque = assemble_opaque_objects(catalog, owners, parts=parts)
    return Schema(
        objects=frozenset(
            (
                *(obj for make in makers for obj in make(catalog)),
                *opaque.values(),
                *assemble_comments(catalog, owners, opaque),
            )
        ),
        privileges=tuple(assemble_privileges(catalog, owners, opaque)),
    )


def _assemble_partitions(rows: CatalogRows) -> PartsByAddress:
    """Return the table that each partition would be if it were detached, with its parts.

    It draws no numbers of its own: a partition shares the identity of its parent, or has
    none (before 17).
    """
    oids = [row.oid for row in rows.tables if row.is_partition]
    if not oids:
        return {}
    keys = keys_of(rows, alone=True)
    needs = needs_of(rows, keys, {})
    catalog = Catalog(rows=rows, keys=keys, wholes={}, needs=needs)
    alone = Schema(frozenset(obj for make in _TABLE_MAKERS for obj in make(catalog)))
    found = {}
    for oid in oids:
        key = keys.get((PG_CLASS, oid, 0))
        if key:
            table = _without_inheritance(alone.get_table(key))
            found[PG_CLASS, oid] = (table, *alone.by_table.get(key, ()))
    return found


def _without_inheritance(table: Table) -> Table:
    columns = tuple(
        replace(
            column,
            identity="",
            identity_options="",
            custom_sequence="",
            identity_sequence="",
        )
        for column in table.columns
    )
    needs = frozenset(key for key in table.needs if key.kind != "table")
    return replace(table, columns=columns, needs=needs)


def _assemble_tables(catalog: Catalog) -> Iterator[Table]:
    columns = _assemble_columns(catalog)
    for row, key in catalog.select("table", PG_CLASS, catalog.rows.tables):
        by_name = sorted(columns[key], key=lambda column: column.name)
        own = {key, *(key.column(column.name) for column in by_name)}
        needed = catalog.find_needs(key).union(*(column.needs for column in by_name))
        yield Table(
            key=key,
            columns=tuple(by_name),
            comment=row.comment,
            needs=frozenset(needed - own),
        )


def _assemble_columns(catalog: Catalog) -> dict[Key, list[Column]]:
    columns: dict[Key, list[Column]] = defaultdict(list)
    for row in catalog.rows.columns:
        key = catalog.keys.get((PG_CLASS, row.relation, row.number))
        if key:
            chosen = is_server_chosen(row.draws_from, key.name, row.name)
            column = Column(
                name=row.name,
                type=row.type,
                nullable=row.nullable,
                default=row.default,
                collation=row.collation,
                identity=row.identity,
                identity_options=row.identity_options,
                custom_sequence="" if chosen else row.draws_from,
                identity_sequence=row.draws_from,
                generated=row.generated,
                generated_kind=row.generated_kind,
                comment=row.comment,
                is_local=row.is_local,
                position=row.number,
                needs=catalog.find_needs(key),
            )
            columns[catalog.keys[PG_CLASS, row.relation, 0]].append(column)
    return columns


def _assemble_constraints(catalog: Catalog) -> Iterator[Constraint | ForeignKey]:
    rows = catalog.rows.constraints
    for row, key in catalog.select("constraint", PG_CONSTRAINT, rows):
        if row.type == "foreign key":
            yield ForeignKey(
                key=key,
                table=catalog.keys[PG_CLASS, row.relation, 0],
                definition=row.definition,
                columns=_column_names_of(row, catalog),
                referenced_table=catalog.keys.get((PG_CLASS, row.target, 0))
                or table_key(row.target_name),
                needs=catalog.find_needs(key),
            )
        elif row.type != "not null":
            yield Constraint(
                key=key,
                table=catalog.keys[PG_CLASS, row.relation, 0],
                type=row.type,
                definition=row.definition,
                columns=_column_names_of(row, catalog),
                is_local=row.is_local,
                needs=catalog.find_needs(key),
            )


def _assemble_indexes(catalog: Catalog) -> Iterator[Index]:
    for row, key in catalog.select("index", PG_CLASS, catalog.rows.indexes):
        yield Index(
            key=key,
            table=catalog.keys[PG_CLASS, row.relation, 0],
            unique=row.unique,
            definition=row.definition,
            columns=_column_names_of(row, catalog),
            method=row.method,
            needs=catalog.find_needs(key),
        )


def _column_names_of(
    row: ConstraintRow | IndexRow, catalog: Catalog
) -> tuple[str, ...]:
    """Return the names of plain columns; an expression has no column number."""
    keys = (catalog.keys[PG_CLASS, row.relation, each] for each in row.columns if each)
    return tuple(key.part for key in keys)


_TABLE_MAKERS = (_assemble_tables, _assemble_constraints, _assemble_indexes)


def _assemble_sequences(catalog: Catalog) -> Iterator[Sequence]:
    for row, key in catalog.select("sequence", PG_CLASS, catalog.rows.sequences):
        yield Sequence(
            key=key,
            definition=row.definition,
            owned_by=catalog.keys.get((PG_CLASS, row.owner, row.owner_column)),
            needs=catalog.find_needs(key),
        )


def _assemble_definitions(catalog: Catalog) -> Iterator[Definition]:
    for row in catalog.rows.definitions:
        key = catalog.keys.get((row.catalog, row.oid, 0))
        if key:
            yield Definition(
                key=key,
                definition=row.definition,
                labels=tuple(row.labels),
                clauses=tuple(row.clauses),
                version=row.version,
                installed_version=row.installed_version,
                is_relocatable=row.is_relocatable,
                needs=catalog.find_needs(key),
            )
