"""Assemble what models cannot describe from rows of the catalog queries.  Pure.

An opaque object's owner is always a table: on a partition it is the table at the top,
on a view there is none.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.keys import (
    OPAQUE_RELATION_QUERIES,
    OTHER_OPAQUE_QUERIES,
    PG_CLASS,
    PG_CONSTRAINT,
    find_key,
    key_of_row,
    namespaces_of,
    opaque_key,
)
from schema_migrations.engines.postgresql.catalog.traits import TRAITS, trait_of
from schema_migrations.engines.postgresql.quote import qualify, quote
from schema_migrations.schema.model import Key, Opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.postgresql.catalog.keys import (
        CatalogRows,
        KeysByAddress,
        NeedsByKey,
    )

OwnersByKey = dict[Key, Key]
"""Tables, partitions and the indexes of both → the table they are dropped with."""


def assemble_opaque_objects(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey
) -> Iterator[Opaque]:
    """Yield every opaque object, and the comments on objects of any kind."""
    owners = _map_owners(rows, keys)
    makers = (_assemble_uniform_rows, _assemble_constraints, _assemble_indexes)
    objects = chain.from_iterable(make(rows, keys, needs, owners) for make in makers)
    opaque = {obj.key: obj for obj in objects}
    yield from opaque.values()
    yield from _assemble_comments(rows, keys, owners, opaque)


def _map_owners(rows: CatalogRows, keys: KeysByAddress) -> OwnersByKey:
    owners = {key: key for key in keys.values() if key.kind == "table"}
    for catalog, oid, _, root, *_ in rows["partitions"]:
        key = keys.get((PG_CLASS, oid, 0))
        if catalog and key:
            owners[key] = keys[PG_CLASS, root, 0]
    for oid, relation, *_ in rows["indexes"]:
        key = keys.get((PG_CLASS, oid, 0))
        if key and keys[PG_CLASS, relation, 0] in owners:
            owners[key] = owners[keys[PG_CLASS, relation, 0]]
    return owners


def _assemble_uniform_rows(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey, owners: OwnersByKey
) -> Iterator[Opaque]:
    spaces = namespaces_of(rows)
    for row in chain.from_iterable(
        rows[query] for query in OPAQUE_RELATION_QUERIES + OTHER_OPAQUE_QUERIES
    ):
        key = key_of_row(row, keys, spaces)
        _, _, _, owner, _, _, type_, definition, drop, *more = row
        if key:
            relation = keys.get((PG_CLASS, owner, 0))
            extra_need = find_key(keys, *more[:3]) if more else None
            yield Opaque(
                key=key,
                trait=trait_of(type_),
                definition=definition,
                owner=owners.get(relation) if relation else None,
                drop_sql=drop,
                shape=tuple(more[3] or ()) if more[3:] else (),
                needs=frozenset(needs[key] | ({extra_need} if extra_need else set())),
            )


def _assemble_constraints(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey, owners: OwnersByKey
) -> Iterator[Opaque]:
    for oid, relation, name, _, definition, *_ in chain(
        rows["constraints"], rows["foreign_keys"]
    ):
        key = keys.get((PG_CONSTRAINT, oid, 0))
        if key and key.kind == "opaque":
            relation_key = keys[PG_CLASS, relation, 0]
            alter = f"ALTER TABLE {qualify(relation_key)}"
            yield Opaque(
                key=key,
                trait=TRAITS["constraint"],
                definition=f"{alter} ADD CONSTRAINT {quote(name)} {definition}",
                owner=owners.get(relation_key),
                drop_sql=f"{alter} DROP CONSTRAINT {quote(name)}",
                needs=frozenset(needs[key]),
            )


def _assemble_indexes(
    rows: CatalogRows, keys: KeysByAddress, needs: NeedsByKey, owners: OwnersByKey
) -> Iterator[Opaque]:
    for oid, relation, name, unique, definition, *_ in rows["indexes"]:
        key = keys.get((PG_CLASS, oid, 0))
        if key and key.kind == "opaque":
            relation_key = keys[PG_CLASS, relation, 0]
            create = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
            yield Opaque(
                key=key,
                trait=TRAITS["index"],
                definition=f"{create} {quote(name)} ON {qualify(relation_key)} {definition}",
                owner=owners.get(relation_key),
                drop_sql=f"DROP INDEX {qualify(key)}",
                needs=frozenset(needs[key]),
            )


def _assemble_comments(
    rows: CatalogRows,
    keys: KeysByAddress,
    owners: OwnersByKey,
    opaque: dict[Key, Opaque],
) -> Iterator[Opaque]:
    for catalog, oid, _, column, text in rows["comments"]:
        key = keys.get((catalog, oid, 0))
        if not key:
            continue
        target = _render_comment_subject(key, column, opaque)
        kind = "" if key.kind == "opaque" else key.kind
        subject = " ".join(filter(None, (kind, key.part, column)))
        yield Opaque(
            key=opaque_key(key, key.name, f"comment on {subject}"),
            trait=TRAITS["comment"],
            definition=f"COMMENT ON {target or subject} IS {text}",
            owner=_find_owner(key, owners, opaque),
            drop_sql=f"COMMENT ON {target} IS NULL" if target else "",
            needs=frozenset({key}),
        )


def _find_owner(key: Key, owners: OwnersByKey, opaque: dict[Key, Opaque]) -> Key | None:
    if key.kind == "constraint":
        return key.table
    return opaque[key].owner if key in opaque else owners.get(key)


_COMMENT_KEYWORDS = {"enum": "TYPE", "namespace": "SCHEMA"}


def _render_comment_subject(
    key: Key, column: str | None, opaque: dict[Key, Opaque]
) -> str:
    """Return the object as COMMENT ON names it; empty if no statement is known."""
    if column:
        return f"COLUMN {qualify(key)}.{quote(column)}"
    if key.kind == "constraint":
        return f"CONSTRAINT {quote(key.part)} ON {qualify(key)}"
    if key.kind != "opaque":
        return f"{_COMMENT_KEYWORDS.get(key.kind, key.kind.upper())} {qualify(key)}"
    if opaque[key].type == "constraint":
        name = key.part.removeprefix("constraint ")
        return f"CONSTRAINT {quote(name)} ON {qualify(key)}"
    return opaque[key].drop_sql.removeprefix("DROP ")
