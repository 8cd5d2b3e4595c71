"""Where an extension is and which version it has, between two sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema_migrations.dev.programs import find_installed_programs, has_extension
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import ExtensionFixed
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Definition, Key, Schema
from schema_migrations.workflows.states.state import copy_schema, inspect_database
from tests.engines.postgresql.databases import database
from tests.fixtures.scratch import Scratch
from tests.fixtures.skips import skip_missing, skip_unsupported
from tests.schema.test_partitions import proposed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection

pytestmark = pytest.mark.every_postgres
POSTGRESQL = engine_for("postgresql")


@pytest.fixture
def pair(
    postgres_settings: dict[str, Any], scratch: Scratch
) -> Iterator[tuple[Connection, Connection]]:
    with database(postgres_settings) as connection:
        try:
            connection.execute("CREATE EXTENSION citext; CREATE EXTENSION pg_trgm")
        except psycopg.errors.FeatureNotSupported:
            if any(has_extension(each, "citext") for each in find_installed_programs()):
                skip_unsupported(
                    "extensions on a PostgreSQL that comes without contrib"
                )
            skip_missing("PostgreSQL with contrib")
    with scratch() as one, scratch() as other:
        yield one, other


def planned(pair: tuple[Connection, Connection], before: str, after: str) -> list[str]:
    found = proposed(*pair, before, after)
    return [each.sql for each in found.plan.statements] if found.plan else []


USED = """
    CREATE TABLE t (w citext DEFAULT 'a', CONSTRAINT k CHECK (w <> 'b'::citext));
    CREATE INDEX i ON t (w);
    CREATE VIEW v AS SELECT w FROM t WHERE w = 'c';
"""
IN_PUBLIC = f"CREATE EXTENSION citext; {USED}"
ELSEWHERE = f"""
    CREATE SCHEMA ext;
    CREATE EXTENSION citext SCHEMA ext;
    SET search_path = public, ext;
    {USED}
    SET search_path = public;
"""


def test_it_is_made_in_its_schema(pair: tuple[Connection, Connection]) -> None:
    made = planned(pair, "", ELSEWHERE)
    assert made[:2] == [
        'CREATE SCHEMA "ext"',
        'CREATE EXTENSION IF NOT EXISTS "citext" SCHEMA ext',
    ]
    assert '"w" ext.citext DEFAULT' in made[2]


def test_a_move_takes_along_what_uses_it(pair: tuple[Connection, Connection]) -> None:
    assert planned(pair, IN_PUBLIC, ELSEWHERE) == [
        'CREATE SCHEMA "ext"',
        'ALTER EXTENSION "citext" SET SCHEMA ext',
    ]


def test_and_back(pair: tuple[Connection, Connection]) -> None:
    assert planned(pair, ELSEWHERE, IN_PUBLIC) == [
        'ALTER EXTENSION "citext" SET SCHEMA public',
        'DROP SCHEMA "ext"',
    ]


def test_what_cannot_move_is_named(pair: tuple[Connection, Connection]) -> None:
    schema = "CREATE SCHEMA ext;"
    with pytest.raises(ExtensionFixed, match="xml2 is to move from schema public to"):
        planned(
            pair,
            f"{schema} CREATE EXTENSION xml2;",
            f"{schema} CREATE EXTENSION xml2 SCHEMA ext;",
        )


OLD, LATER = (f"CREATE EXTENSION pg_trgm VERSION '{each}';" for each in ("1.4", "1.5"))


def test_a_version_that_is_said(pair: tuple[Connection, Connection]) -> None:
    assert planned(pair, OLD, LATER) == ["ALTER EXTENSION \"pg_trgm\" UPDATE TO '1.5'"]


def test_one_that_is_not_said(pair: tuple[Connection, Connection]) -> None:
    assert planned(pair, OLD, "CREATE EXTENSION pg_trgm;") == []


def test_a_copy_has_the_version_that_is_there(
    pair: tuple[Connection, Connection],
) -> None:
    one, other = pair
    key = Key(kind="extension", name="pg_trgm")
    for version, copied in (("1.4", "1.4"), ("0.7", "1.6")):
        wanted = Schema(
            frozenset({Definition(key=key, definition="", version=version)})
        )
        copy_schema(POSTGRESQL, one if version == "1.4" else other, wanted)
        made = inspect_database(POSTGRESQL, one if version == "1.4" else other)
        found = made.by_key[key]
        assert isinstance(found, Definition)
        assert found.installed_version == copied
        assert bool(diff(made, wanted)) == (version != copied)
