"""Sessions on real files: their lock, foreign keys, and reading without a trace."""

from __future__ import annotations

import gc
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from schema_migrations.engines.executor import SessionOptions
from schema_migrations.engines.sqlite.executor import EXECUTOR
from schema_migrations.engines.sqlite.session.driver_error import read_driver_error
from schema_migrations.engines.sqlite.session.session import (
    SESSION_PRAGMAS,
    read_missing_as_empty,
)
from schema_migrations.errors import ConfigError, LockNotAcquired, StatementFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db.sqlite3"


@contextmanager
def connected(path: Path | str) -> Iterator[BaseDatabaseWrapper]:
    """A connection that opens the database when it is first used."""
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}
    made = ConnectionHandler({"default": entry})["default"]
    try:
        yield made
    finally:
        # The backend's own close() keeps a database in memory open.
        BaseDatabaseWrapper.close(made)


@pytest.fixture
def connection(path: Path) -> Iterator[BaseDatabaseWrapper]:
    with connected(path) as made:
        made.ensure_connection()
        yield made


@pytest.fixture
def other(path: Path, connection: BaseDatabaseWrapper) -> Iterator[BaseDatabaseWrapper]:
    with connected(path) as made:
        made.ensure_connection()
        yield made


class TestDescribe:
    def test_a_file_is_described(self, path: Path) -> None:
        with connected(path) as connection:
            target = EXECUTOR.describe_target(connection)
        assert target.name == f"sqlite:///{path}"
        assert target.version == f"SQLite {sqlite3.sqlite_version}"
        assert (target.schema, target.read_only) == ("main", "")

    # Django sends a PRAGMA to what it has opened, and forgets it when that fails:
    # https://github.com/django/django/blob/6.0/django/db/backends/sqlite3/base.py
    @pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
    def test_a_file_that_is_no_database_is_refused(self, path: Path) -> None:
        path.write_bytes(b"no database" * 100)
        with (
            connected(path) as connection,
            pytest.raises(ConfigError, match=f"{path.name}: file is not a database"),
        ):
            EXECUTOR.describe_target(connection)
        gc.collect()

    def test_a_folder_that_is_missing_is_refused(self, path: Path) -> None:
        with (
            connected(path / "nowhere" / "db") as connection,
            pytest.raises(ConfigError, match="unable to open"),
        ):
            EXECUTOR.describe_target(connection)

    def test_settings_without_a_name_are_refused(self) -> None:
        with connected("") as connection, pytest.raises(ConfigError, match="NAME"):
            EXECUTOR.describe_target(connection)

    @pytest.mark.parametrize(("what", "said"), [("file", "file"), ("folder", "folder")])
    def test_what_cannot_be_written_is_told(
        self, path: Path, what: str, said: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Root may write everything, so the operating system's answer is put in."""
        closed = path if what == "file" else path.parent
        monkeypatch.setattr(os, "access", lambda asked, mode: asked != closed)
        with connected(path) as connection:
            assert said in EXECUTOR.describe_target(connection).read_only


class TestRestored:
    @pytest.mark.parametrize("pragma", ["foreign_keys", "ignore_check_constraints"])
    @pytest.mark.parametrize("fails", [False, True])
    def test_a_pragma_is_as_before(
        self, connection: Any, pragma: str, fails: bool
    ) -> None:
        question = f"PRAGMA {pragma}"
        (before,) = connection.connection.execute(question).fetchone()
        with suppress(ZeroDivisionError), EXECUTOR.keep_settings(connection):
            EXECUTOR.execute(connection, f"PRAGMA {pragma} = {1 - before}")
            assert connection.connection.execute(question).fetchone() == (1 - before,)
            if fails:
                EXECUTOR.execute(connection, "BEGIN")
                raise ZeroDivisionError
        assert connection.connection.execute(question).fetchone() == (before,)
        assert not EXECUTOR.in_transaction(connection)


class TestReading:
    def test_a_missing_file_reads_as_empty_and_stays_missing(self, path: Path) -> None:
        with connected(path) as connection:
            with read_missing_as_empty(connection):
                EXECUTOR.describe_target(connection)
                with EXECUTOR.forbid_writes(connection):
                    assert EXECUTOR.list_tables(connection, None) == ()
            assert not path.exists()
            assert connection.settings_dict["NAME"] == str(path)
            EXECUTOR.describe_target(connection)
            EXECUTOR.execute(connection, "CREATE TABLE t (id integer)")
            assert path.exists()

    def test_sqlite_itself_refuses_to_write(self, connection: Any) -> None:
        with (
            read_missing_as_empty(connection),
            EXECUTOR.forbid_writes(connection),
            pytest.raises(sqlite3.OperationalError, match="readonly"),
        ):
            EXECUTOR.execute(connection, "CREATE TABLE t (id integer)")
        EXECUTOR.execute(connection, "CREATE TABLE t (id integer)")


class TestLock:
    def test_a_second_run_is_told_who_holds_it(
        self, connection: Any, other: Any, path: Path
    ) -> None:
        with (
            EXECUTOR.hold_lock(connection, "main", wait=0, report_holder=pytest.fail),
            pytest.raises(LockNotAcquired, match=rf"process {os.getpid()}\."),
            EXECUTOR.hold_lock(other, "main", wait=0, report_holder=pytest.fail),
        ):
            pytest.fail("two runs hold one lock")
        assert [entry.name for entry in path.parent.iterdir()] == [path.name]

    def test_a_waiting_run_goes_on_when_the_holder_ends(
        self, connection: Any, other: Any
    ) -> None:
        holder = EXECUTOR.hold_lock(
            connection, "main", wait=0, report_holder=pytest.fail
        )
        holder.__enter__()
        told: list[str] = []

        def end_the_holder(name: str) -> None:
            told.append(name)
            holder.__exit__(None, None, None)

        with EXECUTOR.hold_lock(other, "main", wait=60, report_holder=end_the_holder):
            assert told == [f"process {os.getpid()}"]
            with (
                pytest.raises(LockNotAcquired),
                EXECUTOR.hold_lock(
                    connection, "main", wait=0, report_holder=pytest.fail
                ),
            ):
                pass

    def test_where_nothing_can_be_written_it_is_held_all_the_same(
        self, connection: Any, other: Any
    ) -> None:
        """As on a full disk: who holds it is only a courtesy."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            with (
                EXECUTOR.hold_lock(
                    connection, "main", wait=0, report_holder=pytest.fail
                ),
                pytest.raises(LockNotAcquired, match="a process that has just started"),
                EXECUTOR.hold_lock(other, "main", wait=0, report_holder=pytest.fail),
            ):
                pass
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    @pytest.mark.slow("processes")
    def test_a_killed_run_leaves_a_file_and_no_lock(
        self, connection: Any, path: Path
    ) -> None:
        """The lock is the operating system's: it ends with the process."""
        held = (
            "import fcntl, os, sys\n"
            "d = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)\n"
            "fcntl.flock(d, fcntl.LOCK_EX)\n"
            "os.write(d, str(os.getpid()).encode())\n"
            "print(os.getpid(), flush=True)\n"
            "sys.stdin.read()\n"
        )
        left = f"{path.resolve()}.schema-migrations.lock"
        with subprocess.Popen(
            [sys.executable, "-c", held, left],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as run:
            assert run.stdout is not None
            pid = run.stdout.readline().strip()
            with (
                pytest.raises(LockNotAcquired, match=f"process {pid}\\."),
                EXECUTOR.hold_lock(
                    connection, "main", wait=0, report_holder=pytest.fail
                ),
            ):
                pass
            run.kill()
        with EXECUTOR.hold_lock(connection, "main", wait=0, report_holder=pytest.fail):
            pass

    def test_a_database_in_memory_needs_none(self) -> None:
        with (
            connected(":memory:") as connection,
            EXECUTOR.hold_lock(connection, "main", wait=0, report_holder=pytest.fail),
        ):
            pass

    def test_a_folder_that_cannot_hold_the_lock_is_refused(
        self, connection: Any, path: Path
    ) -> None:
        (path.parent / f"{path.name}.schema-migrations.lock").mkdir()
        with (
            pytest.raises(ConfigError, match="lock file"),
            EXECUTOR.hold_lock(connection, "main", wait=0, report_holder=pytest.fail),
        ):
            pass


class TestForeignKeys:
    @pytest.fixture(autouse=True)
    def _tables(self, connection: Any) -> None:
        for sql in (
            "CREATE TABLE p (id integer PRIMARY KEY)",
            "CREATE TABLE c (p integer REFERENCES p (id) ON DELETE CASCADE)",
            "INSERT INTO p VALUES (1)",
            "INSERT INTO c VALUES (1)",
        ):
            EXECUTOR.execute(connection, sql)

    def test_a_table_can_be_rebuilt_without_losing_its_children(
        self, connection: Any
    ) -> None:
        with (
            EXECUTOR.prepare_session(connection, SessionOptions()),
            EXECUTOR.open_transaction(connection),
            EXECUTOR.guard_foreign_keys(connection),
        ):
            for sql in (
                "CREATE TABLE new_p (id integer PRIMARY KEY, x text)",
                "INSERT INTO new_p SELECT id, '' FROM p",
                "DROP TABLE p",
                "ALTER TABLE new_p RENAME TO p",
            ):
                EXECUTOR.execute(connection, sql)
        rows = connection.connection.execute("SELECT p FROM c").fetchall()
        assert rows == [(1,)]
        (on,) = connection.connection.execute("PRAGMA foreign_keys").fetchone()
        assert on == 1

    def test_rows_that_lose_their_parent_are_refused_and_rolled_back(
        self, connection: Any
    ) -> None:
        with (
            pytest.raises(StatementFailed, match="1 of c refer to no row of p"),
            EXECUTOR.prepare_session(connection, SessionOptions()),
            EXECUTOR.open_transaction(connection),
            EXECUTOR.guard_foreign_keys(connection),
        ):
            EXECUTOR.execute(connection, "DELETE FROM p")
        rows = connection.connection.execute("SELECT id FROM p").fetchall()
        assert rows == [(1,)]

    def test_rows_that_were_wrong_before_do_not_stop_a_file(
        self, connection: Any
    ) -> None:
        with EXECUTOR.prepare_session(connection, SessionOptions()):
            EXECUTOR.execute(connection, "INSERT INTO c VALUES (7)")
            with EXECUTOR.guard_foreign_keys(connection):
                EXECUTOR.execute(connection, "CREATE TABLE t (id integer)")

    def test_a_key_to_columns_that_are_not_unique_is_told(
        self, connection: Any
    ) -> None:
        EXECUTOR.execute(connection, "CREATE TABLE q (x integer)")
        with (
            pytest.raises(StatementFailed, match="foreign key mismatch"),
            EXECUTOR.prepare_session(connection, SessionOptions()),
            EXECUTOR.guard_foreign_keys(connection),
        ):
            EXECUTOR.execute(connection, "CREATE TABLE d (x REFERENCES q (x))")


class TestTransaction:
    def test_no_limit_waits_for_another_to_end(
        self, connection: Any, path: Path
    ) -> None:
        holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        ending = threading.Timer(0.3, holder.execute, ["ROLLBACK"])
        with EXECUTOR.prepare_session(connection, SessionOptions(lock_timeout=None)):
            ending.start()
            with EXECUTOR.open_transaction(connection):
                ending.join()
        holder.close()

    def test_it_takes_the_write_lock_when_it_begins(
        self, connection: Any, other: Any
    ) -> None:
        with (
            EXECUTOR.open_transaction(connection),
            EXECUTOR.prepare_session(other, SessionOptions(lock_timeout=0.01)),
            pytest.raises(sqlite3.OperationalError) as caught,
        ):
            EXECUTOR.execute(other, "BEGIN IMMEDIATE")
        found = read_driver_error(caught.value)
        assert found is not None
        assert found.gave_up_on_lock
        assert found.retryable
        assert found.sqlstate == "SQLITE_BUSY"

    def test_a_transaction_that_a_statement_ended_is_told(
        self, connection: Any
    ) -> None:
        with (
            pytest.raises(StatementFailed, match="ended"),
            EXECUTOR.open_transaction(connection),
        ):
            EXECUTOR.execute(connection, "COMMIT")


@pytest.mark.parametrize("sql", ["VACUUM", "PRAGMA synchronous = off"])
def test_what_a_transaction_does_not_allow_is_known(connection: Any, sql: str) -> None:
    with pytest.raises(sqlite3.Error) as caught, EXECUTOR.open_transaction(connection):
        EXECUTOR.execute(connection, sql)
    found = read_driver_error(caught.value)
    assert found is not None
    assert found.refused_in_transaction


def test_every_row_of_a_statement_is_worked_through(connection: Any) -> None:
    """A SELECT that calls functions does all its work, not only the first row's."""
    seen: list[int] = []
    connection.connection.create_function("see", 1, seen.append)
    EXECUTOR.execute(
        connection, "SELECT see(value) FROM (SELECT 1 AS value UNION ALL SELECT 2)"
    )
    assert seen == [1, 2]


def test_a_schema_for_the_revisions_is_refused(connection: Any) -> None:
    with pytest.raises(ConfigError, match="'app'"):
        EXECUTOR.list_tables(connection, "app")


def test_somebody_elses_exception_is_none() -> None:
    assert read_driver_error(ValueError()) is None


@pytest.mark.parametrize("end", ["", "COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("name", SESSION_PRAGMAS)
def test_a_setting_is_what_the_session_keeps(path: Path, name: str, end: str) -> None:
    """No transaction undoes a PRAGMA; one has no effect there."""
    with connected(path) as connection:
        connection.ensure_connection()
        session = connection.connection
        (before,) = session.execute(f"PRAGMA {name}").fetchone()
        sql = f"PRAGMA {name} = {int(not before)}"
        for each in ("BEGIN", sql, end) if end else (sql,):
            EXECUTOR.execute(connection, each)
        (after,) = session.execute(f"PRAGMA {name}").fetchone()
    assert EXECUTOR.is_session_setting(sql, end) is (after != before)
