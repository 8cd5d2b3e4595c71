"""Through a real PgBouncer: what would keep no lock is refused before anything is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.engines.postgresql.executor import EXECUTOR
from schema_migrations.engines.postgresql.session.pooler import is_pooled
from schema_migrations.errors import ConfigError, LockNotAcquired
from tests.fixtures.pooling import run_pooler
from tests.fixtures.targets import Place, use_as_default

if TYPE_CHECKING:
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

A = "CREATE TABLE a (id integer);"


def connected(settings: dict[str, Any]) -> BaseDatabaseWrapper:
    connection = ConnectionHandler({"default": settings})["default"]
    connection.ensure_connection()
    return connection


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
