"""Sessions on a real server: reaching it, its lock, its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.engines.executor import SessionOptions
from schema_migrations.engines.postgresql.executor import EXECUTOR
from schema_migrations.engines.postgresql.session import outside_transaction
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error
from schema_migrations.engines.postgresql.session.lock import compute_lock_key
from schema_migrations.errors import (
    ConfigError,
    LockNotAcquired,
    StatementFailed,
    Unreachable,
)
from tests.fixtures.replication import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper


def connected(settings: dict[str, Any]) -> BaseDatabaseWrapper:
    return ConnectionHandler({"default": settings})["default"]


@pytest.fixture
def other(pg_database: dict[str, Any]) -> Iterator[BaseDatabaseWrapper]:
    """A second session on the database of ``pg``."""
    connection = connected(dict(pg_database))
    connection.ensure_connection()
    yield connection
    connection.close()


class TestDescribe:
    def test_a_primary_is_described(self, pg: BaseDatabaseWrapper) -> None:
        target = EXECUTOR.describe_target(pg)
        assert target.version == f"PostgreSQL {target.version.split()[1]}"
        assert target.version.split()[1].startswith(str(target.major))
        assert (target.schema, target.read_only) == ("public", "")

    def test_a_standby_is_told(self, standby: dict[str, Any]) -> None:
        connection = connected(standby)
        assert EXECUTOR.describe_target(connection).read_only == "a standby server"
        connection.close()

    def test_a_session_that_starts_read_only_is_told(
        self, primary: dict[str, Any]
    ) -> None:
        options = {"options": "-c default_transaction_read_only=on"}
        connection = connected({**primary, "OPTIONS": options})
        assert (
            "default_transaction_read_only"
            in EXECUTOR.describe_target(connection).read_only
        )
        connection.close()

    def test_reading_does_not_make_a_target_look_read_only(
        self, pg: BaseDatabaseWrapper
    ) -> None:
        pg.ensure_connection()
        with EXECUTOR.forbid_writes(pg):
            assert EXECUTOR.describe_target(pg).read_only == ""
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                EXECUTOR.execute(pg, "CREATE TABLE t (id integer)")
        EXECUTOR.execute(pg, "CREATE TABLE t (id integer)")

    def test_a_search_path_without_a_schema_is_refused(
        self, pg_database: dict[str, Any]
    ) -> None:
        options = {"options": "-c search_path=nowhere"}
        connection = connected({**pg_database, "OPTIONS": options})
        with pytest.raises(ConfigError, match="'nowhere'"):
            EXECUTOR.describe_target(connection)
        connection.close()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"USER": "app", "PASSWORD": "wr0ng pa55"}, "authentication failed"),
            ({"USER": "app"}, "no password supplied"),
            ({"USER": "nobody_here", "PASSWORD": SECRET}, "authentication failed"),
            ({"NAME": "nothing_here"}, '"nothing_here" does not exist'),
            ({"OPTIONS": {"sslmod": "x"}}, "invalid connection option"),
            ({"NAME": ""}, "NAME"),
            ({"NAME": "x" * 70}, "longer than"),
        ],
    )
    def test_what_is_wrong_with_the_settings_is_no_reason_to_try_again(
        self, primary: dict[str, Any], change: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(ConfigError, match=said) as caught:
            EXECUTOR.describe_target(connected({**primary, **change}))
        assert caught.value.exit_code == 2
        shown = f"{caught.value} {caught.value.__cause__}"
        assert change.get("PASSWORD") is None or change["PASSWORD"] not in shown

    @pytest.mark.parametrize(
        "change",
        [
            {"HOST": "127.0.0.1", "PORT": "1"},
            {"HOST": "nowhere.invalid"},
            {"HOST": "/nowhere"},
        ],
    )
    def test_a_server_that_does_not_answer_may_be_tried_again(
        self, primary: dict[str, Any], change: dict[str, Any]
    ) -> None:
        with pytest.raises(Unreachable) as caught:
            EXECUTOR.describe_target(
                connected({**primary, "PASSWORD": SECRET, **change})
            )
        assert caught.value.exit_code == 5
        assert SECRET not in str(caught.value)


class TestTables:
    def test_tables_of_the_current_schema_without_those_of_extensions(
        self, pg: BaseDatabaseWrapper
    ) -> None:
        pg.ensure_connection()
        for sql in (
            "CREATE TABLE b (id integer)",
            "CREATE TABLE a (id integer) PARTITION BY LIST (id)",
            "CREATE VIEW v AS SELECT 1",
            'CREATE SCHEMA "My Schema"',
            'CREATE TABLE "My Schema".c (id integer)',
        ):
            EXECUTOR.execute(pg, sql)
        assert EXECUTOR.list_tables(pg, None) == ("a", "b")
        assert EXECUTOR.list_tables(pg, "My Schema") == ("c",)
        assert EXECUTOR.list_tables(pg, "nowhere") == ()


class TestLock:
    def test_a_second_run_is_told_who_holds_it(
        self, pg: BaseDatabaseWrapper, other: BaseDatabaseWrapper
    ) -> None:
        waited: list[str] = []
        with EXECUTOR.hold_lock(pg, "public", wait=0, report_holder=waited.append):
            pid = pg.connection.info.backend_pid
            with (
                pytest.raises(LockNotAcquired) as caught,
                EXECUTOR.hold_lock(
                    other, "public", wait=0, report_holder=waited.append
                ),
            ):
                pytest.fail("two runs hold one lock")
        assert caught.value.exit_code == 5
        assert f"process {pid} (django-schema-migrations)" in str(caught.value)
        assert waited == []

    def test_another_schema_has_another_lock(
        self, pg: BaseDatabaseWrapper, other: BaseDatabaseWrapper
    ) -> None:
        with (
            EXECUTOR.hold_lock(pg, "one", wait=0, report_holder=pytest.fail),
            EXECUTOR.hold_lock(other, "two", wait=0, report_holder=pytest.fail),
        ):
            pass

    def test_a_waiting_run_goes_on_when_the_holder_is_gone(
        self, pg: BaseDatabaseWrapper, other: BaseDatabaseWrapper
    ) -> None:
        holder = EXECUTOR.hold_lock(pg, "public", wait=0, report_holder=pytest.fail)
        holder.__enter__()
        told: list[str] = []

        def end_the_holder(name: str) -> None:
            told.append(name)
            pg.close()  # as a killed run: nothing is unlocked

        with EXECUTOR.hold_lock(other, "public", wait=60, report_holder=end_the_holder):
            assert len(told) == 1

    def test_atlas_and_we_keep_one_another_away(
        self, pg: BaseDatabaseWrapper, other: BaseDatabaseWrapper
    ) -> None:
        """As Atlas asks: an exclusive lock of the session, for all of a database."""
        atlas = "SELECT pg_try_advisory_lock(2686470616)"
        with EXECUTOR.hold_lock(pg, "public", wait=0, report_holder=pytest.fail):
            assert other.connection.execute(atlas).fetchone() == (False,)
        assert other.connection.execute(atlas).fetchone() == (True,)
        told: list[str] = []
        with (
            pytest.raises(LockNotAcquired, match="Atlas holds its lock") as caught,
            EXECUTOR.hold_lock(pg, "public", wait=0.1, report_holder=told.append),
        ):
            pytest.fail("Atlas is at work")
        pid = other.connection.info.backend_pid
        assert f"process {pid}" in str(caught.value)
        assert len(told) == 1
        EXECUTOR.execute(other, "SELECT pg_advisory_unlock(2686470616)")
        with EXECUTOR.hold_lock(other, "public", wait=0, report_holder=pytest.fail):
            pass  # ours was given back

    def test_the_lock_is_given_back(
        self, pg: BaseDatabaseWrapper, other: BaseDatabaseWrapper
    ) -> None:
        with (
            pytest.raises(RuntimeError),
            EXECUTOR.hold_lock(pg, "public", wait=0, report_holder=pytest.fail),
        ):
            raise RuntimeError
        with EXECUTOR.hold_lock(other, "public", wait=0, report_holder=pytest.fail):
            pass

    def test_a_lock_that_went_through_a_pooler_is_told(
        self, pg: BaseDatabaseWrapper, caplog: pytest.LogCaptureFixture
    ) -> None:
        with EXECUTOR.hold_lock(pg, "public", wait=0, report_holder=pytest.fail):
            EXECUTOR.execute(pg, "SELECT pg_advisory_unlock_all()")
        assert "pooler" in caplog.text

    def test_keys_are_what_the_server_takes_and_differ(self) -> None:
        keys = {compute_lock_key(str(number)) for number in range(1000)}
        assert len(keys) == 1000
        assert all(-(2**63) <= key < 2**63 for key in keys)


class TestPrepared:
    def test_timeouts_are_set_and_put_back(self, pg: BaseDatabaseWrapper) -> None:
        pg.ensure_connection()

        def shown(name: str) -> str:
            return str(pg.connection.execute(f"SHOW {name}").fetchone()[0])

        EXECUTOR.execute(pg, "SET lock_timeout = '7s'")
        EXECUTOR.execute(pg, "SET statement_timeout = '7s'")
        options = SessionOptions(lock_timeout=0.25, idle_in_transaction_timeout=60)
        with EXECUTOR.prepare_session(pg, options):
            assert shown("idle_in_transaction_session_timeout") == "1min"
            assert shown("lock_timeout") == "250ms"
            assert shown("statement_timeout") == "0"
            assert shown("client_connection_check_interval") == "1s"
            with outside_transaction.disable_timeouts(pg):
                assert shown("lock_timeout") == "0"
            assert shown("lock_timeout") == "250ms"
        assert (shown("lock_timeout"), shown("statement_timeout")) == ("7s", "7s")
        assert shown("idle_in_transaction_session_timeout") == "0"
        assert shown("client_connection_check_interval") == "0"

    def test_a_connection_that_is_gone_hides_no_error(
        self, pg: BaseDatabaseWrapper, other: BaseDatabaseWrapper
    ) -> None:
        pg.ensure_connection()
        pid = pg.connection.info.backend_pid

        def run() -> None:
            with (
                EXECUTOR.hold_lock(pg, "public", wait=0, report_holder=pytest.fail),
                EXECUTOR.prepare_session(pg, SessionOptions()),
                EXECUTOR.open_transaction(pg),
            ):
                EXECUTOR.execute(other, f"SELECT pg_terminate_backend({pid}, 5000)")
                EXECUTOR.execute(pg, "SELECT 1")

        with pytest.raises(psycopg.OperationalError) as caught:
            run()
        found = read_driver_error(caught.value)
        assert found is not None
        assert found.retryable
        assert not found.gave_up_on_lock


class TestTransaction:
    def test_it_commits_and_rolls_back(self, pg: BaseDatabaseWrapper) -> None:
        pg.ensure_connection()
        with EXECUTOR.open_transaction(pg):
            assert EXECUTOR.in_transaction(pg)
            EXECUTOR.execute(pg, "CREATE TABLE a (id integer)")
        with pytest.raises(psycopg.Error), EXECUTOR.open_transaction(pg):
            EXECUTOR.execute(pg, "CREATE TABLE b (id integer); SELECT nope")
        assert not EXECUTOR.in_transaction(pg)
        assert EXECUTOR.list_tables(pg, None) == ("a",)

    def test_a_transaction_that_a_statement_ended_is_told(
        self, pg: BaseDatabaseWrapper
    ) -> None:
        pg.ensure_connection()
        with (
            pytest.raises(StatementFailed, match="ended"),
            EXECUTOR.open_transaction(pg),
        ):
            EXECUTOR.execute(pg, "COMMIT")


class TestFailure:
    @pytest.mark.parametrize(
        ("sql", "sqlstate", "position"),
        [
            ("SELECT 'é', nope", "42703", 13),
            ("SELCT 1", "42601", 1),
            ("ALTER TABLE nope ADD x integer", "42P01", 0),
        ],
    )
    def test_the_place_is_counted_in_characters(
        self, pg: BaseDatabaseWrapper, sql: str, sqlstate: str, position: int
    ) -> None:
        pg.ensure_connection()
        with pytest.raises(psycopg.Error) as caught:
            EXECUTOR.execute(pg, sql)
        found = read_driver_error(caught.value)
        assert found is not None
        assert (found.sqlstate, found.position) == (sqlstate, position)
        assert (found.retryable, found.gave_up_on_lock) == (False, False)
        assert not found.refused_in_transaction

    @pytest.mark.parametrize(
        "sql",
        [
            "VACUUM",
            "CREATE INDEX CONCURRENTLY i ON t (id)",
            "CREATE DATABASE x",
            "ALTER SYSTEM SET work_mem = '1MB'",
            "CALL commits()",
        ],
    )
    def test_what_a_transaction_does_not_allow_is_known(
        self, pg: BaseDatabaseWrapper, sql: str
    ) -> None:
        pg.ensure_connection()
        EXECUTOR.execute(pg, "CREATE TABLE t (id integer)")
        EXECUTOR.execute(
            pg, "CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'"
        )
        with pytest.raises(psycopg.Error) as caught, EXECUTOR.open_transaction(pg):
            EXECUTOR.execute(pg, sql)
        found = read_driver_error(caught.value)
        assert found is not None
        assert found.refused_in_transaction

    def test_a_lock_timeout_may_be_tried_again(
        self, pg: BaseDatabaseWrapper, other: BaseDatabaseWrapper
    ) -> None:
        pg.ensure_connection()
        EXECUTOR.execute(pg, "CREATE TABLE t (id integer)")
        with (
            EXECUTOR.open_transaction(other),
            EXECUTOR.prepare_session(pg, SessionOptions(lock_timeout=0.05)),
        ):
            EXECUTOR.execute(other, "LOCK TABLE t")
            with pytest.raises(psycopg.Error) as caught:
                EXECUTOR.execute(pg, "DROP TABLE t")
        found = read_driver_error(caught.value)
        assert found is not None
        assert found.gave_up_on_lock
        assert found.retryable

    def test_somebody_elses_exception_is_none(self) -> None:
        assert read_driver_error(ValueError()) is None


@pytest.mark.parametrize(
    ("sql", "sets"),
    [
        ("SET search_path TO a", True),
        ("set\n  role x", True),
        ("RESET ALL", True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", True),
        ("SET LOCAL search_path TO a", False),
        ("SET TRANSACTION READ ONLY", False),
        ("SET CONSTRAINTS ALL DEFERRED", False),
        ("SELECT set_config('a.b', '1', false), nextval('s')", False),
        ("SELECT set_config('a.b', nextval('s')::text, false)", False),
        ("CREATE TABLE set_x ()", False),
    ],
)
def test_only_what_sets_something_for_the_session_is_set_again(
    sql: str, sets: bool
) -> None:
    assert EXECUTOR.is_session_setting(sql, "") is sets
    assert EXECUTOR.is_session_setting(sql, "COMMIT") is sets
    assert not EXECUTOR.is_session_setting(sql, "ROLLBACK")
