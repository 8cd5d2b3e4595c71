"""Assemble a ``Schema`` from the rows of the catalog queries.  Pure.

Every object gets its key first; then it is made, with the keys of what it needs.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.assemble_opaque import (
    assemble_opaque_objects,
)
from schema_migrations.engines.postgresql.catalog.keys import (
    PG_CLASS,
    PG_COLLATION,
    PG_CONSTRAINT,
    PG_TYPE,
    keys_of,
    needs_of,
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
    from collections.abc import Iterable, Iterator

    from schema_migrations.engines.postgresql.catalog.keys import (
        CatalogRows,
        KeysByAddress,
        NeedsByKey,
    )


def assemble_schema(rows: CatalogRows) -> Schema:
    """Return the schema that the rows of all queries describe."""
    keys = keys_of(rows)
    needs = needs_of(rows, keys)
    makers = (
        _assemble_tables,
        _assemble_constraints,
        _assemble_foreign_keys,
        _assemble_indexes,
        _assemble_sequences,
        _assemble_bare_definitions,
        _assemble_enums,
        _assemble_domains_and_collations,
        assemble_opaque_objects,
    )
    return Schema(
        frozenset(chain.from_iterable(make(rows, keys, needs) for make in makers))
    )


def _assemble_tables(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Table]:
    columns = _assemble_columns(rows, keys, needs)
    for oid, _, _, comment in rows["tables"]:
        key = keys.get((PG_CLASS, oid, 0))
        if key:
            by_name = sorted(columns[key], key=lambda column: column.name)
            needed = needs[key].union(*(column.needs for column in by_name))
            yield Table(
                key=key,
                columns=tuple(by_name),
                comment=comment,
                needs=frozenset(
                    need for need in needed if not _is_within_table(need, key)
                ),
            )


def _is_within_table(key: Key, table: Key) -> bool:
    """Tell whether a key belongs to the table itself or to one of its columns."""
    same_name = key.name == table.name and key.namespace == table.namespace
    return same_name and key.kind in ("table", "column")


def _assemble_columns(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> dict[Key, list[Column]]:
    columns: dict[Key, list[Column]] = defaultdict(list)
    for (
        relation,
        number,
        name,
        type_,
        nullable,
        default,
        collation,
        identity,
        identity_options,
        draws_from,
        generated,
        generated_kind,
        comment,
    ) in rows["columns"]:
        key = keys.get((PG_CLASS, relation, number))
        if key:
            chosen = is_server_chosen(draws_from, key.name, name)
            column = Column(
                name=name,
                type=type_,
                nullable=nullable,
                default=default,
                collation=collation,
                identity=identity,
                identity_options=identity_options,
                custom_sequence="" if chosen else draws_from,
                identity_sequence=draws_from,
                generated=generated,
                generated_kind=generated_kind,
                comment=comment,
                position=number,
                needs=frozenset(needs[key]),
            )
            columns[keys[PG_CLASS, relation, 0]].append(column)
    return columns


def _assemble_constraints(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Constraint]:
    for row in rows["constraints"]:
        oid, relation, _, type_, definition, numbers = row
        key = keys.get((PG_CONSTRAINT, oid, 0))
        if key and key.kind == "constraint":
            yield Constraint(
                key=key,
                table=keys[PG_CLASS, relation, 0],
                type=type_,
                definition=definition,
                columns=_column_names_of(keys, relation, numbers),
                needs=frozenset(needs[key]),
            )


def _assemble_foreign_keys(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[ForeignKey]:
    for row in rows["foreign_keys"]:
        oid, relation, _, _, definition, numbers, target, target_name = row
        key = keys.get((PG_CONSTRAINT, oid, 0))
        if key and key.kind == "constraint":
            yield ForeignKey(
                key=key,
                table=keys[PG_CLASS, relation, 0],
                definition=definition,
                columns=_column_names_of(keys, relation, numbers),
                referenced_table=keys.get((PG_CLASS, target, 0))
                or table_key(target_name),
                needs=frozenset(needs[key]),
            )


def _assemble_indexes(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Index]:
    for row in rows["indexes"]:
        oid, relation, _, unique, definition, numbers, method = row
        key = keys.get((PG_CLASS, oid, 0))
        if key and key.kind == "index":
            yield Index(
                key=key,
                table=keys[PG_CLASS, relation, 0],
                unique=unique,
                definition=definition,
                columns=_column_names_of(keys, relation, numbers),
                method=method,
                needs=frozenset(needs[key]),
            )


def _column_names_of(
    keys: KeysByAddress, relation: int, numbers: Iterable[int]
) -> tuple[str, ...]:
    """Return the names of plain columns; an expression has no column number."""
    return tuple(keys[PG_CLASS, relation, number].part for number in numbers if number)


def _assemble_sequences(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Sequence]:
    for oid, _, _, definition, owner, number in rows["sequences"]:
        key = keys.get((PG_CLASS, oid, 0))
        if key:
            yield Sequence(
                key=key,
                definition=definition,
                owned_by=keys.get((PG_CLASS, owner, number)),
                needs=frozenset(needs[key]),
            )


def _assemble_bare_definitions(
    _: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Definition]:
    """Yield schemas and extensions, which have nothing but a name."""
    for key in keys.values():
        if key.kind in ("namespace", "extension"):
            yield Definition(key=key, definition="", needs=frozenset(needs[key]))


def _assemble_enums(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Definition]:
    for oid, _, _, labels in rows["enums"]:
        key = keys.get((PG_TYPE, oid, 0))
        if key:
            yield Definition(
                key=key,
                definition="",
                labels=tuple(labels),
                needs=frozenset(needs[key]),
            )


def _assemble_domains_and_collations(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Definition]:
    for query, catalog in (("domains", PG_TYPE), ("collations", PG_COLLATION)):
        for oid, _, _, definition, *clauses in rows[query]:
            key = keys.get((catalog, oid, 0))
            if key:
                yield Definition(
                    key=key,
                    definition=definition,
                    clauses=tuple(chain.from_iterable(clauses)),
                    needs=frozenset(needs[key]),
                )
