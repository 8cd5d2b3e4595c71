"""Who blocks a statement is told while it waits."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.api import split
from schema_migrations.engines.blocker import Blocker
from schema_migrations.engines.postgresql.session.blockers import prepare_session_lookup
from schema_migrations.management.output.events import describe_event
from schema_migrations.workflows.applying.apply import apply
from schema_migrations.workflows.applying.events import Blocked, Event, StillRunning
from schema_migrations.workflows.applying.watch import watch_statements
from tests.fixtures.children import wait_until
from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.targets import Place

(STATEMENT,) = split("SELECT 1", vendor="postgresql")
NONE = "-- atlas:txmode none\n\n"
A = "CREATE TABLE a (id integer PRIMARY KEY);\n"


@pytest.fixture
def reader(pg_place: Place) -> Iterator[psycopg.Connection]:
    """Another program with an open transaction; used from any thread."""
    settings = pg_place.settings
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        dbname=settings["NAME"],
        application_name="report",
    ) as connection:
        yield connection


def test_an_assumed_role_sees_what_the_others_of_its_login_do(
    pg_database: dict[str, Any],
) -> None:
    """The second session looks as the login that both have in common."""
    with connect_as_administrator(pg_database) as server:
        server.execute("CREATE ROLE watch_owner; CREATE ROLE watcher LOGIN")
        server.execute("GRANT watch_owner TO watcher")
    login = {**pg_database, "USER": "watcher"}
    entry = {**login, "OPTIONS": {"assume_role": "watch_owner"}}
    mine, other = (
        ConnectionHandler({"default": each})["default"] for each in (entry, login)
    )
    with mine.cursor() as cursor, other.cursor() as blocking:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("watch_owner",)
        blocking.execute("SELECT pg_advisory_lock(1) -- taken")
        open_lookup = prepare_session_lookup(mine)
        waiting = threading.Thread(
            target=mine.connection.execute, args=["SELECT pg_advisory_lock(1)"]
        )
        with open_lookup() as lookup:
            waiting.start()
            assert wait_until(lambda: bool(lookup.list_blockers()))
            (blocker,) = lookup.list_blockers()
        blocking.execute("SELECT pg_advisory_unlock(1)")
        waiting.join()
    mine.close()
    other.close()
    with connect_as_administrator({**pg_database}) as server:
        server.execute("DROP ROLE watcher; DROP ROLE watch_owner")
    assert blocker.query == "SELECT pg_advisory_lock(1) -- taken"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE a;",
        f"{NONE}DROP TABLE a;",
        f"{NONE}CREATE INDEX CONCURRENTLY i ON a (id);",
    ],
)
def test_who_blocks_is_told_while_the_statement_waits(
    pg_place: Place, reader: psycopg.Connection, statement: str
) -> None:
    pg_place.write(_1=A)
    pg_place.apply()
    pg_place.write(_2=f"{statement}\nSELECT 1;")
    reader.execute("INSERT INTO a VALUES (1) -- long  report")
    events: list[Event] = []

    def make_way(event: Event) -> None:
        events.append(event)
        if isinstance(event, Blocked):
            reader.rollback()

    apply(
        pg_place.connection,
        pg_place.engine,
        pg_place.directory,
        pg_place.make_request(),
        make_way,
    )
    (told,) = [event for event in events if isinstance(event, Blocked)]
    (blocker,) = told.blockers
    assert (told.file, told.line) == ("2.sql", statement.count("\n") + 1)
    assert (told.number, told.total) == (1, 2)
    assert blocker.pid == reader.info.backend_pid
    assert blocker.seconds > 0
    first, second, third = describe_event(told).splitlines()
    assert first == f"2.sql:{told.line}  1/2  waits for a lock held by"
    assert second.startswith(
        f"         process {blocker.pid} (report), idle in transaction for "
    )
    assert second.endswith(":")
    assert third == "           INSERT INTO a VALUES (1) -- long report"


def test_a_prepared_transaction_has_no_process() -> None:
    nobody = Blocker(
        pid=0, application="a prepared transaction", state="", seconds=0, query=""
    )
    told = Blocked(file="2.sql", line=1, number=1, total=1, blockers=(nobody,))
    assert describe_event(told).splitlines()[1].strip() == "a prepared transaction"


def test_a_long_statement_gives_signs_of_life(pg_place: Place) -> None:
    pg_place.connection.ensure_connection()
    observer = pg_place.engine.executor.prepare_session_lookup
    assert observer is not None
    events: list[Event] = []
    with (
        watch_statements(
            observer(pg_place.connection),
            events.append,
            lock_timeout=0.01,
            heartbeat_interval=0.01,
        ) as watch,
        watch.track_statement("2.sql", STATEMENT, 1, 2),
    ):
        assert wait_until(lambda: len(events) > 1)
    assert all(isinstance(event, StillRunning) for event in events)
    assert describe_event(events[0]).startswith("2.sql:1  1/2  still running after ")


def test_how_far_an_index_is_comes_from_the_server(
    pg_place: Place, reader: psycopg.Connection
) -> None:
    """The statement waits for the writer in a phase of its own."""
    pg_place.write(_1=A)
    pg_place.apply()
    reader.execute("INSERT INTO a VALUES (1)")
    open_lookup = prepare_session_lookup(pg_place.connection)
    session = pg_place.connection.connection
    making = threading.Thread(
        target=session.execute, args=["CREATE INDEX CONCURRENTLY i ON a (id)"]
    )
    with open_lookup() as lookup:
        assert lookup.read_progress() is None
        making.start()
        assert wait_until(lambda: lookup.read_progress() is not None)
        progress = lookup.read_progress()
        reader.rollback()
        making.join()
    assert progress is not None
    assert progress.phase == "waiting for writers before build"
    told = StillRunning(
        file="2.sql", line=1, number=1, total=1, seconds=61,
        progress=replace(progress, done=1, total=3),
    )  # fmt: skip
    assert describe_event(told) == (
        "2.sql:1  1/1  still running after 1m01s: waiting for writers before build, 33%"
    )


def test_a_second_session_that_fails_is_no_matter() -> None:
    asked: list[int] = []
    events: list[Event] = []

    def refusing() -> Any:
        asked.append(1)
        raise psycopg.OperationalError("too many clients")

    with (
        watch_statements(
            refusing, events.append, lock_timeout=0.01, heartbeat_interval=0.01
        ) as watch,
        watch.track_statement("2.sql", STATEMENT, 1, 2),
    ):
        assert wait_until(lambda: len(events) > 1)
    assert asked == [1]
