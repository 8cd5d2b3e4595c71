"""Laws of what is read: it can be made again from its own words."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.schema.model import Key, Opaque, Schema
from tests.engines.postgresql.databases import (
    connected,
    database,
    make_everything,
    schema_of,
)
from tests.fixtures.postgresql import map_majors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engines.postgresql.databases import Database

pytestmark = pytest.mark.every_postgres


@pytest.fixture
def full(postgres_settings: dict[str, Any]) -> Iterator[Database]:
    with database(postgres_settings) as connection:
        make_everything(connection)
        yield connection


def test_opaque_objects_are_dropped_and_made_by_their_own_sql(full: Database) -> None:
    """Layer by layer: what nothing else needs is dropped, then all is made again."""
    # A partition cannot be dropped while a foreign key points to the whole.
    full.execute("DROP TABLE note")
    before = left = schema_of(full)
    dropped: list[Opaque] = []
    while layer := _needed_by_none(left):
        for obj in layer:
            full.execute(obj.drop_sql)
        dropped += layer
        left = left.replace_objects([obj.key for obj in layer], [])
        assert schema_of(full).by_key == left.by_key
    # What tables are made of.
    assert {obj.noun for obj in left.of(Opaque)} >= {
        "type",
        "composite type",
        "partition key",
    }
    assert len(dropped) > 50
    for obj in reversed(dropped):
        full.execute(obj.definition)
    assert schema_of(full).by_key == before.by_key


def _needed_by_none(schema: Schema) -> list[Opaque]:
    needed: set[Key] = set().union(*(obj.needs for obj in schema))
    return [obj for obj in schema.of(Opaque) if obj.drop_sql and obj.key not in needed]


def test_a_copy_made_by_pg_dump_is_the_same(
    full: Database, postgres_settings: dict[str, Any]
) -> None:
    """Where the programs of this major include pg_dump."""
    major = full.info.server_version // 10000
    pg_dump = map_majors()[major].bin_folder / "pg_dump"
    if not pg_dump.exists():
        # An installation for servers only; others of the same run have it.
        return
    place = full.info
    dumped = subprocess.run(
        [
            *(pg_dump, "--schema-only", "--no-owner"),
            *("-h", place.host, "-p", str(place.port), "-U", place.user, place.dbname),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    # psql's own commands, which stand in newer dumps.
    script = re.sub(r"^\\.*$", "", dumped, flags=re.MULTILINE)
    with database(postgres_settings) as copy:
        copy.execute(script)
        # The dump leaves its own search path behind.
        with connected(postgres_settings, copy.info.dbname) as session:
            assert settled(session).by_key == settled(full).by_key


def settled(connection: Database) -> Schema:
    """A dump holds PostgreSQL's print, which prints otherwise when it is read."""
    schema = schema_of(connection)
    return canonicalize(connection.cursor(), schema, frozenset(schema.by_key))
