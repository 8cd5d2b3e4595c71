"""What models cannot describe, from rows of the catalog queries.  Pure.

An opaque object's owner is always a table: for what stands on a partition the table
at the top, for what stands on a view nothing.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.addresses import (
    OTHERS,
    PG_CLASS,
    PG_CONSTRAINT,
    RELATIONS,
    key_at,
    key_of_row,
    namespaces,
    opaque_key,
)
from schema_migrations.engines.postgresql.quote import qualified, quote
from schema_migrations.schema.model import Key, Opaque, table_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.postgresql.catalog.addresses import (
        Found,
        Keys,
        Needs,
    )

Owners = dict[Key, Key]
"""Tables, partitions and the indexes of both → the table that takes them along."""


def opaque_objects(found: Found, keys: Keys, needs: Needs) -> Iterator[Opaque]:
    """Make every opaque object, and the comments on whatever has one."""
    owners = _owners(found, keys)
    makers = (_described, _constraints, _indexes)
    made = chain.from_iterable(make(found, keys, needs, owners) for make in makers)
    opaque = {each.key: each for each in made}
    yield from opaque.values()
    yield from _comments(found, keys, owners, opaque)


def _owners(found: Found, keys: Keys) -> Owners:
    owners = {key: key for key in keys.values() if key.kind == "table"}
    for catalog, oid, _, root, *_ in found["partitions"]:
        key = keys.get((PG_CLASS, oid, 0))
        if catalog and key:
            owners[key] = keys[PG_CLASS, root, 0]
    for oid, relation, *_ in found["indexes"]:
        key = keys.get((PG_CLASS, oid, 0))
        if key and keys[PG_CLASS, relation, 0] in owners:
            owners[key] = owners[keys[PG_CLASS, relation, 0]]
    return owners


def _described(
    found: Found, keys: Keys, needs: Needs, owners: Owners
) -> Iterator[Opaque]:
    spaces = namespaces(found)
    for row in chain.from_iterable(found[query] for query in RELATIONS + OTHERS):
        key = key_of_row(row, keys, spaces)
        _, _, _, owner, _, _, type_, definition, drop, *more = row
        if key:
            relation = keys.get((PG_CLASS, owner, 0))
            beside = key_at(keys, *more[:3]) if more else None
            yield Opaque(
                key=key,
                type=type_,
                definition=definition,
                owner=owners.get(relation) if relation else None,
                drop=drop,
                shape=tuple(more[3] or ()) if more[3:] else (),
                needs=frozenset(needs[key] | ({beside} if beside else set())),
            )


def _constraints(
    found: Found, keys: Keys, needs: Needs, owners: Owners
) -> Iterator[Opaque]:
    for oid, relation, name, _, definition, *_ in chain(
        found["constraints"], found["foreign_keys"]
    ):
        key = keys.get((PG_CONSTRAINT, oid, 0))
        if key and key.kind == "opaque":
            standing = keys[PG_CLASS, relation, 0]
            alter = f"ALTER TABLE {qualified(standing)}"
            yield Opaque(
                key=key,
                type="constraint",
                definition=f"{alter} ADD CONSTRAINT {quote(name)} {definition}",
                owner=owners.get(standing),
                drop=f"{alter} DROP CONSTRAINT {quote(name)}",
                needs=frozenset(needs[key]),
            )


def _indexes(
    found: Found, keys: Keys, needs: Needs, owners: Owners
) -> Iterator[Opaque]:
    for oid, relation, name, unique, definition, *_ in found["indexes"]:
        key = keys.get((PG_CLASS, oid, 0))
        if key and key.kind == "opaque":
            standing = keys[PG_CLASS, relation, 0]
            create = "CREATE UNIQUE INDEX" if unique else "CREATE INDEX"
            yield Opaque(
                key=key,
                type="index",
                definition=f"{create} {quote(name)} ON {qualified(standing)} {definition}",
                owner=owners.get(standing),
                drop=f"DROP INDEX {qualified(key)}",
                needs=frozenset(needs[key]),
            )


def _comments(
    found: Found, keys: Keys, owners: Owners, opaque: dict[Key, Opaque]
) -> Iterator[Opaque]:
    for catalog, oid, _, column, text in found["comments"]:
        key = keys.get((catalog, oid, 0))
        if not key:
            continue
        target = _target(key, column, opaque)
        kind = "" if key.kind == "opaque" else key.kind
        subject = " ".join(filter(None, (kind, key.part, column)))
        yield Opaque(
            key=opaque_key(key, key.name, f"comment on {subject}"),
            type="comment",
            definition=f"COMMENT ON {target or subject} IS {text}",
            owner=_owner(key, owners, opaque),
            drop=f"COMMENT ON {target} IS NULL" if target else "",
            needs=frozenset({key}),
        )


def _owner(key: Key, owners: Owners, opaque: dict[Key, Opaque]) -> Key | None:
    if key.kind == "constraint":
        return table_key(key.name, key.namespace)
    return opaque[key].owner if key in opaque else owners.get(key)


_WORDS = {"enum": "TYPE", "namespace": "SCHEMA"}


def _target(key: Key, column: str | None, opaque: dict[Key, Opaque]) -> str:
    """Return what COMMENT ON names; nothing where no statement is known."""
    if column:
        return f"COLUMN {qualified(key)}.{quote(column)}"
    if key.kind == "constraint":
        return f"CONSTRAINT {quote(key.part)} ON {qualified(key)}"
    if key.kind != "opaque":
        return f"{_WORDS.get(key.kind, key.kind.upper())} {qualified(key)}"
    if opaque[key].type == "constraint":
        name = key.part.removeprefix("constraint ")
        return f"CONSTRAINT {quote(name)} ON {qualified(key)}"
    return opaque[key].drop.removeprefix("DROP ")
