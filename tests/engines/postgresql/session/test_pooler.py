"""Through a real PgBouncer: what would keep no lock is refused before anything is set."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.engines.postgresql.executor import EXECUTOR
from schema_migrations.engines.postgresql.server.url import settings_from_url
from schema_migrations.engines.postgresql.session.pooler import is_pooled
from schema_migrations.errors import ConfigError, LockNotAcquired
from tests.fixtures.pooling import run_pooler
from tests.fixtures.targets import Place, use_as_default

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.executor import Target

A = "CREATE TABLE a (id integer);"


def connected(settings: dict[str, Any]) -> BaseDatabaseWrapper:
    connection = ConnectionHandler({"default": settings})["default"]
    connection.ensure_connection()
    return connection


def run_sql(settings: dict[str, Any], sql: str) -> None:
    """Run it without the pooler."""
    with closing(connected(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("size", [1, 5])
def test_servers_that_are_given_away_are_refused(
    pg_database: dict[str, Any], mode: str, size: int
) -> None:
    with run_pooler(pg_database, mode, size=size) as entry:
        connection, other = connected(entry), connected(entry)
        for each in (connection, other):
            with pytest.raises(ConfigError, match="connection pooler") as caught:
                EXECUTOR.hold_lock(
                    each, "public", wait=0, report_holder=pytest.fail
                ).__enter__()
            assert "pool_mode = session" in caught.value.hint
            assert caught.value.exit_code == 2
        direct = connected(pg_database)
        with direct.cursor() as cursor:
            cursor.execute("SELECT FROM pg_locks WHERE locktype = 'advisory'")
            assert cursor.fetchall() == []
        for each in (connection, other, direct):
            each.close()


def describe(entry: dict[str, Any], path: str = "") -> Target:
    options = {"OPTIONS": {"options": f"-c search_path={path}"}} if path else {}
    settings = {"default": {**entry, **options}}
    connection = ConnectionHandler(settings)["default"]
    try:
        return EXECUTOR.describe_target(connection)
    finally:
        connection.close()


def test_a_pooler_that_drops_search_path_is_refused(
    pg_database: dict[str, Any],
) -> None:
    """The files of one schema went to another."""
    run_sql(pg_database, "CREATE SCHEMA t1")
    ignoring = "ignore_startup_parameters = options"
    with run_pooler(pg_database, "session", more=ignoring) as entry:
        with pytest.raises(ConfigError) as caught:
            describe(entry, "t1,public")
        assert caught.value.code == "search-path-ignored"
        assert "begins with t1, but the session works in public" in str(caught.value)
        assert "IN DATABASE ... SET search_path = t1" in caught.value.hint
    with run_pooler(pg_database, "session") as entry:
        with pytest.raises(ConfigError, match="unsupported startup") as caught:
            describe(entry, "t1")
        assert "ALTER ROLE" in caught.value.hint
    role, database = pg_database["USER"], pg_database["NAME"]
    run_sql(
        pg_database, f'ALTER ROLE {role} IN DATABASE "{database}" SET search_path = t1'
    )
    with run_pooler(pg_database, "session") as entry:
        assert describe(entry).schema == "t1"
    with run_pooler(pg_database, "session", more=ignoring) as entry:
        assert describe(entry, "t1").schema == "t1"


def test_a_pooler_that_drops_a_setting_is_refused(pg_database: dict[str, Any]) -> None:
    """What a URL asks for held nowhere, and nobody was told."""
    ignoring = "ignore_startup_parameters = options"

    def asking(entry: dict[str, Any], query: str) -> dict[str, Any]:
        url = (
            f"postgres://{entry['USER']}@/{entry['NAME']}?port={entry['PORT']}&{query}"
        )
        return {**settings_from_url(url, {}), "HOST": entry["HOST"]}

    with run_pooler(pg_database, "session", more=ignoring) as entry:
        with pytest.raises(ConfigError) as caught:
            describe(asking(entry, "work_mem=1234kB"))
        assert caught.value.code == "setting-ignored"
        assert "asks for work_mem" in str(caught.value)
        with pytest.raises(ConfigError, match="asks for no_such"):
            describe(asking(entry, "no_such=1"))
        role, database = pg_database["USER"], pg_database["NAME"]
        run_sql(
            pg_database,
            f'ALTER ROLE {role} IN DATABASE "{database}" SET statement_timeout = 60000',
        )
    with run_pooler(pg_database, "session", more=ignoring) as entry:
        describe(asking(entry, "statement_timeout=1min"))
    with run_pooler(pg_database, "session") as entry:
        with pytest.raises(ConfigError, match="unsupported startup") as caught:
            describe(asking(entry, "work_mem=1MB"))
        assert "own address" in caught.value.hint
        assert "SET work_mem = " in caught.value.hint
        with pytest.raises(ConfigError, match="unsupported startup") as caught:
            describe(asking(entry, "jit=off&role=ddl"))
        assert "(jit, role)" in caught.value.hint
        assert "search_path" not in caught.value.hint


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("public", "public"),
        ('"$user",public', "public"),
        ("Other,public", "other"),
        ('"Other",public', "Other"),
        ('"a\\ ""b"', 'a "b'),
        ("\u00c4pp,public", "\u00c4pp"),
    ],
)
def test_the_session_works_in_the_first_schema(
    path: str, schema: str, pg_database: dict[str, Any]
) -> None:
    for name in ('"Other"', "other", '"a ""b"', '"\u00c4pp"'):
        run_sql(pg_database, f"CREATE SCHEMA {name}")
    assert describe(pg_database, path).schema == schema


def test_a_path_that_the_project_sets_itself_is_its_own(
    pg_database: dict[str, Any],
) -> None:
    options = {"OPTIONS": {"options": "-c search_path=public"}}
    connection = connected({**pg_database, **options})
    connection.cursor().execute("CREATE SCHEMA app; SET search_path TO app")
    assert EXECUTOR.describe_target(connection).schema == "app"
    connection.close()


def test_a_schema_that_is_mistyped_is_never_another_one(
    pg_database: dict[str, Any],
) -> None:
    with pytest.raises(ConfigError, match="begins with nosuch,") as caught:
        describe(pg_database, "nosuch,public")
    assert "correct its name" in caught.value.hint


def test_a_session_that_keeps_its_server_is_as_good_as_any(
    pg_database: dict[str, Any],
) -> None:
    with run_pooler(pg_database, "session") as entry:
        connection, other = connected(entry), connected(pg_database)
        assert is_pooled(connection)
        assert not is_pooled(other)
        with (
            EXECUTOR.hold_lock(connection, "public", wait=0, report_holder=pytest.fail),
            pytest.raises(LockNotAcquired),
        ):
            EXECUTOR.hold_lock(
                other, "public", wait=0, report_holder=lambda holder: None
            ).__enter__()
        connection.close()
        other.close()


def test_reading_through_a_pooler_makes_nobody_else_read_only(
    pg_database: dict[str, Any], tmp_path: Path
) -> None:
    with (
        run_pooler(pg_database, "transaction") as entry,
        use_as_default(entry),
    ):
        place = Place(folder=tmp_path / "migrations", settings=entry)
        place.write(_1=A)
        application = connected(entry)
        place.connection.ensure_connection()
        with EXECUTOR.forbid_writes(place.connection), application.cursor() as cursor:
            cursor.execute("SHOW default_transaction_read_only")
            assert cursor.fetchone() == ("off",)
        place.preview()
        with pytest.raises(ConfigError, match="connection pooler"):
            place.apply()
        assert place.list_tables() == []
        application.close()
