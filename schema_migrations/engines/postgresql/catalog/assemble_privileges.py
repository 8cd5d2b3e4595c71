"""Assemble owners, grants and security labels from rows of the catalog queries.  Pure.

Each becomes one statement that gives it again and one that takes it away.  A table and
what belongs to it are dropped together, so their privileges are, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.catalog.assemble_opaque import (
    OpaqueByKey,
    OwnersByKey,
    find_table_of,
    render_subject,
)
from schema_migrations.engines.postgresql.catalog.keys import Catalog, namespaces_of
from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.engines.postgresql.quote import qualify
from schema_migrations.schema.model import NO_KEYS, Key, Object, Opaque, Privilege

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.postgresql.catalog.rows import PrivilegeRow

_OWNER = "owner"


def assemble_privileges(
    catalog: Catalog, owners: OwnersByKey, opaque: OpaqueByKey
) -> Iterator[Privilege]:
    """Yield every privilege on an object in scope, and those of objects to come."""
    owned = {
        (row.catalog, row.oid) for row in catalog.rows.privileges if row.type == _OWNER
    }
    spaces = namespaces_of(catalog.rows)
    for row in catalog.rows.privileges:
        if row.type.startswith("default"):
            if row.oid in spaces:
                yield _make_default(row, spaces[row.oid])
            continue
        key = catalog.keys.get((row.catalog, row.oid, row.number))
        # A column of a view has no key of its own.
        key = key or catalog.keys.get((row.catalog, row.oid, 0))
        if key is None:
            continue
        needs = {key, key.table} if key.kind == "column" else {key}
        if row.type != _OWNER and (row.catalog, row.oid) in owned:
            whole = catalog.keys[row.catalog, row.oid, 0]
            needs.add(_key_of(whole, _OWNER))
        privilege = _make_privilege(row, key, owners, opaque, frozenset(needs))
        if privilege is not None:
            yield privilege


def _make_privilege(
    row: PrivilegeRow,
    key: Key,
    owners: OwnersByKey,
    opaque: OpaqueByKey,
    needs: frozenset[Key],
) -> Privilege | None:
    """Return a privilege on an object; None: there is no SQL that names the object."""
    whole = key.table if key.kind == "column" else key
    named = render_subject(whole, None, opaque)
    if not named:
        return None
    match row.type:
        case "owner":
            give = f"ALTER {named} OWNER TO {row.named}"
            take = f"ALTER {named} OWNER TO CURRENT_USER"
        case "security label":
            on = f"COLUMN {qualify(whole)}.{row.subject}" if row.subject else named
            label = f"SECURITY LABEL FOR {row.named} ON {on} IS"
            give, take = f"{label} {row.words}", f"{label} NULL"
        case _:
            give, take = _render_pair(row, row.subject or _as_grant_names(whole, named))
    setting = Opaque(
        key=_key_of(key, *_words_of(row)),
        trait=TRAITS[row.type],
        definition=give,
        owner=find_table_of(key, owners, opaque),
        drop_sql=take,
        needs=needs,
    )
    return Privilege(
        subject=key,
        setting=setting,
        role="" if row.type == "security label" else row.role,
        column=row.column if key.kind == "opaque" else "",
        is_provable=row.type != "security label",
    )


def _make_default(row: PrivilegeRow, namespace: str) -> Privilege:
    alter = f"ALTER DEFAULT PRIVILEGES{row.scope}"
    give, take = _render_pair(row, row.subject)
    name = f"{row.subject.lower()}{row.scope.lower()}"
    needs = frozenset({Key("namespace", "", namespace)}) if namespace else NO_KEYS
    setting = Opaque(
        key=Key("opaque", namespace, name, " ".join(_words_of(row))),
        trait=TRAITS[row.type],
        definition=f"{alter} {give}",
        drop_sql=f"{alter} {take}",
        needs=needs,
    )
    return Privilege(subject=None, setting=setting, role=row.role)


def _render_pair(row: PrivilegeRow, subject: str) -> tuple[str, str]:
    """Return the statement that makes the difference and the one that undoes it."""
    option = " WITH GRANT OPTION" if row.grantable else ""
    grant = f"GRANT {row.words} ON {subject} TO {row.named}{option}"
    revoke = f"REVOKE {row.words} ON {subject} FROM {row.named}"
    return (revoke, grant) if row.type.endswith("revocation") else (grant, revoke)


def render_grant_subject(obj: Object) -> str:
    """Return an object as GRANT and REVOKE name it."""
    by_key = {obj.key: obj} if isinstance(obj, Opaque) else {}
    return _as_grant_names(obj.key, render_subject(obj.key, None, by_key))


def _as_grant_names(key: Key, subject: str) -> str:
    """Return an object as GRANT names it: ``TABLE v`` for a view.

    An aggregate is a function of all its arguments there: GRANT knows neither ``*`` nor
    ``ORDER BY``.  https://www.postgresql.org/docs/current/sql-grant.html
    """
    subject = re.sub(r"^(?:MATERIALIZED )?VIEW |^FOREIGN TABLE ", "TABLE ", subject)
    subject = re.sub(r"^SERVER ", "FOREIGN SERVER ", subject)
    if subject.startswith("AGGREGATE "):
        return f"FUNCTION {qualify(key)}{key.part.removeprefix('aggregate')}"
    return subject


_PREPOSITIONS = {"grant": "to", "revocation": "from", "label": "by"}


def _words_of(row: PrivilegeRow) -> tuple[str, ...]:
    """Return what tells a privilege from others on its object."""
    if row.type == _OWNER:
        return (_OWNER,)
    role = row.role or row.named
    words = (row.type, _PREPOSITIONS[row.type.split()[-1]], role)
    option = ("with grant option",) if row.grantable else ()
    column = (f"in {row.column}",) if row.column else ()
    return (*words, *option, *column)


def _key_of(key: Key, *words: str) -> Key:
    """Return the key of a privilege on an object or a column."""
    kind = key.part if key.kind == "opaque" else key.kind
    on = f"of column {key.part}" if key.kind == "column" else f"on {kind}"
    return Key("opaque", key.namespace, key.name, " ".join((*words, on)))
