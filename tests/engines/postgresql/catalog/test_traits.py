"""The table of kinds holds what the catalog queries print, and the catalogs are all read."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.postgresql.catalog.inspect import read_catalog_queries
from schema_migrations.engines.postgresql.catalog.traits import TRAITS
from schema_migrations.schema.model import Opaque
from tests.engines.postgresql.databases import (
    connected,
    database,
    make_every_kind,
    schema_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.dev.server import DevServer
    from tests.engines.postgresql.databases import Database

pytestmark = pytest.mark.every_postgres

SINCE = {"no inherit": 18}
"""Noun → the first major that prints it."""
NOT_MADE = {"security label": "the module of a provider is on no server for tests"}
"""Noun → why no test database has one."""
NOT_READ = {
    "pg_largeobject_metadata": "rows, not schema",
    "pg_user_mapping": "holds passwords",
}
"""Catalog → why no query reads it."""

NOT_TO_BE_GIVEN = {
    "pg_extension": "no statement changes its owner",
    "pg_init_privs": "what an extension granted itself",
}
"""Catalog → why no file can give its owners or grants."""


@pytest.fixture(scope="module")
def full(pg_server: DevServer) -> Iterator[Database]:
    """A database with an object of every kind; tests only read it."""
    tablespace = f"test_{secrets.token_hex(6)}"
    with connected(pg_server.settings, "postgres") as server:
        server.execute("SET allow_in_place_tablespaces = on")
        server.execute(f"CREATE TABLESPACE {tablespace} LOCATION ''")
        with database(pg_server.settings) as connection:
            make_every_kind(connection, tablespace=tablespace)
            yield connection
        server.execute(f"DROP TABLESPACE {tablespace}")


def test_each_kind_that_is_printed_has_a_row_and_each_row_is_printed(
    full: Database,
) -> None:
    major = full.info.server_version // 10000
    schema = schema_of(full)
    settings = [privilege.setting for privilege in schema.privileges]
    printed = {each.noun for each in (*schema.of(Opaque), *settings)}
    later = {noun for noun, since in SINCE.items() if since > major}
    assert printed == TRAITS.keys() - later - NOT_MADE.keys()


def catalogs_with(full: Database, condition: str) -> list[str]:
    """Return the catalogs of a database, not of the whole server, with such a column."""
    found = full.execute(
        "SELECT DISTINCT c.relname FROM pg_class AS c"
        " JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r'"
        f" AND NOT c.relisshared AND ({condition}) ORDER BY 1"
    ).fetchall()
    return [name for (name,) in found]


def queries_of(*fields: str) -> str:
    return "".join(sql for field, sql in read_catalog_queries() if field in fields)


def test_every_catalog_of_objects_is_read(full: Database) -> None:
    """One that a new major brings must be read, or its reason be known."""
    text = "".join(sql for _, sql in read_catalog_queries())
    named = catalogs_with(full, "a.attname = 'oid'")
    assert len(named) > 30
    assert [n for n in named if n not in text and n not in NOT_READ] == []
    assert [n for n in NOT_READ if n in text or n not in named] == []


def test_owners_and_grants_of_every_catalog_are_read(full: Database) -> None:
    text = queries_of("privileges")
    owned = catalogs_with(full, "a.attname ~ '(owner|subowner)$' AND a.attnum > 0")
    granted = catalogs_with(full, "a.atttypid = 'aclitem[]'::regtype")
    assert len(owned) > 10
    unread = {name for name in (*owned, *granted) if name not in text}
    assert unread - NOT_READ.keys() == NOT_TO_BE_GIVEN.keys()
