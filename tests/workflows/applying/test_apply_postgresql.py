"""Applying on PostgreSQL: locks, concurrent indexes, search_path, signals."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.db.models.signals import post_migrate, pre_migrate
from django.db.utils import ConnectionHandler
from django.utils import translation

from schema_migrations.engines.executor import SessionOptions
from schema_migrations.errors import (
    ConfigError,
    LockNotAcquired,
    SchemaMigrationsError,
    StatementFailed,
    Unreachable,
)
from schema_migrations.workflows.applying.apply import apply
from schema_migrations.workflows.applying.events import (
    LockWaiting,
    Planned,
    Retrying,
    SignalSent,
    StatementDone,
)
from schema_migrations.workflows.targets.connection import open_target
from tests.fixtures.children import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from tests.fixtures.targets import Place

NONE = "-- atlas:txmode none\n\n"
A = "CREATE TABLE a (id integer PRIMARY KEY);\n"


@pytest.fixture
def other(pg_place: Place) -> Iterator[BaseDatabaseWrapper]:
    connection = ConnectionHandler({"default": dict(pg_place.settings)})["default"]
    connection.ensure_connection()
    yield connection
    connection.close()


def test_an_index_is_made_concurrently_in_a_file_without_transaction(
    pg_place: Place,
) -> None:
    pg_place.write(_1=A, _2=f"{NONE}CREATE INDEX CONCURRENTLY i ON a (id);\nSELECT 1;")
    pg_place.apply()
    assert pg_place.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"
    ) == [(True,)]
    assert pg_place.read_revisions()["2"].done


def test_in_a_transaction_it_fails_and_the_hint_names_the_directive(
    pg_place: Place,
) -> None:
    pg_place.write(_1=f"{A}CREATE INDEX CONCURRENTLY i ON a (id);")
    with pytest.raises(StatementFailed) as caught:
        pg_place.apply()
    assert caught.value.sqlstate == "25001"
    assert "-- atlas:txmode none" in caught.value.hint
    assert pg_place.list_tables() == []


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE b (id integer);\nDROP TABLE a;",
        f"{NONE}CREATE TABLE b (id integer);\nDROP TABLE a;",
        f"{NONE}SELECT 1;\nBEGIN;\nCREATE TABLE b (id integer);\nDROP TABLE a;\nCOMMIT;",
    ],
)
def test_a_lock_timeout_is_tried_again_after_a_roll_back(
    pg_place: Place, other: BaseDatabaseWrapper, text: str
) -> None:
    pg_place.write(_1=A)
    pg_place.apply()
    pg_place.write(_2=text)
    session = pg_place.engine.executor
    session.execute(other, "BEGIN")
    session.execute(other, "LOCK TABLE a")
    request = replace(
        pg_place.make_request(),
        lock_retries=1,
        session_options=SessionOptions(lock_timeout=0.05),
    )
    with pytest.raises(StatementFailed) as caught:
        pg_place.apply(request)
    assert caught.value.exit_code == 5
    assert sum(isinstance(e, Retrying) for e in pg_place.events) == 1

    def make_way(event: object) -> None:
        if isinstance(event, Retrying):
            session.rollback(other)

    apply(
        pg_place.connection,
        pg_place.engine,
        pg_place.directory,
        request,
        make_way,
    )
    assert pg_place.list_tables() == ["b"]
    row = pg_place.read_revisions()["2"]
    assert (row.applied, row.done) == (row.total, True)


def test_a_second_run_at_the_same_time_is_refused(
    pg_place: Place, other: BaseDatabaseWrapper
) -> None:
    pg_place.write(_1=A)
    with (
        pg_place.engine.executor.hold_lock(
            other, "public", wait=0, report_holder=pytest.fail
        ),
        pytest.raises(LockNotAcquired),
    ):
        pg_place.apply(replace(pg_place.make_request(), lock_wait=0.05))
    assert any(isinstance(e, LockWaiting) for e in pg_place.events)
    assert pg_place.read_revisions() == {}


def test_a_file_may_change_search_path_and_its_row_is_found(pg_place: Place) -> None:
    """``pg_dump`` writes this line at the top of what people use as a baseline."""
    empty = "SELECT pg_catalog.set_config('search_path', '', false);\n"
    pg_place.write(_1=f"{empty}CREATE TABLE public.a (id integer);")
    pg_place.apply()
    pg_place.connection.close()
    assert pg_place.read_revisions()["1"].done


@pytest.fixture
def roles(pg_place: Place) -> Iterator[None]:
    """``limited`` may make tables, and neither read nor write the revisions."""
    pg_place.execute("CREATE ROLE limited")
    pg_place.execute("GRANT CREATE ON SCHEMA public TO limited")
    yield
    pg_place.execute("DROP OWNED BY limited")
    pg_place.execute("DROP ROLE limited")


SEEN = """
CREATE TABLE seen AS
SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS wait,
       current_setting('TimeZone') AS zone, current_user AS who;
"""


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize(
    "sets",
    [
        "SET search_path TO other;",
        "SELECT set_config('search_path', '', false);",
        "SET lock_timeout = '3s';",
        "SET LOCAL lock_timeout = '3s';",
        "RESET lock_timeout;",
        "SET TIME ZONE 'Asia/Tokyo';",
        "SET ROLE limited;",
        "SET SESSION AUTHORIZATION limited;",
        "SET SESSION AUTHORIZATION limited;\nSET lock_timeout = '3s';\nRESET ALL;",
        "CREATE ROLE passing;\nSET ROLE passing;\nRESET ROLE;\nDROP ROLE passing;",
    ],
)
@pytest.mark.parametrize("mode", ["file", "all"])
def test_what_a_file_sets_ends_with_it(pg_place: Place, mode: str, sets: str) -> None:
    pg_place.execute("SET TIME ZONE 'Europe/Lisbon'")  # the project's own
    (who,) = pg_place.execute("SELECT current_user")[0]
    pg_place.write(_1=f"{sets}\nCREATE TABLE public.a (id integer);", _2=SEEN)
    request = pg_place.make_request(tx_mode=mode)
    pg_place.apply(replace(request, session_options=SessionOptions(lock_timeout=7)))
    assert pg_place.execute("SELECT path, wait, zone, who FROM public.seen") == [
        ('"$user", public', "7s", "Europe/Lisbon", who)
    ]
    assert pg_place.read_revisions().keys() == {"1", "2"}


@pytest.mark.parametrize("mode", ["file", "all"])
def test_what_a_function_sets_unseen_ends_with_the_file(
    pg_place: Place, mode: str
) -> None:
    """The file that calls it has no word that sets anything."""
    pg_place.write(
        _1="CREATE SCHEMA other;\nCREATE FUNCTION f() RETURNS text LANGUAGE sql AS"
        " $$ SELECT set_config('search_path', 'other', false) $$;\n"
        "CREATE TABLE b (id integer);\nINSERT INTO b VALUES (1);",
        _2="ALTER TABLE b ADD COLUMN w text DEFAULT f();",
        _3=SEEN,
    )
    pg_place.apply(tx_mode=mode)
    assert pg_place.execute("SELECT path FROM public.seen") == [('"$user", public',)]


def test_a_file_that_only_defines_takes_as_many_messages_as_with_psql(
    pg_place: Place,
) -> None:
    """BEGIN, its row, its statement, its row again, COMMIT."""
    pg_place.write(_1=A)
    pg_place.apply()
    for more in (1, 5):
        first = 10 * more
        files = {
            f"_{n}": f"CREATE TABLE t{n} (id integer);"
            for n in range(first, first + more)
        }
        pg_place.write(**files)
        counted = count_messages(pg_place)
        if more == 1:
            of_one = counted
    assert counted - of_one == 4 * 5


def count_messages(place: Place) -> int:
    """Apply and return how many messages were sent to the server meanwhile."""
    place.connection.ensure_connection()
    with tempfile.TemporaryFile() as trace:
        pgconn = place.connection.connection.pgconn
        pgconn.trace(trace.fileno())
        place.apply()
        pgconn.untrace()
        trace.seek(0)
        lines = trace.read().decode().splitlines()
    return sum(bool(re.search(r"\tF\t\d+\t(?:Query|Sync)\b", line)) for line in lines)


def test_what_statements_alone_set_ends_with_their_file(pg_place: Place) -> None:
    first = f"{NONE}SET search_path TO pg_catalog;\nSET lock_timeout = '3s';"
    pg_place.write(_1=f"{first}\nCREATE TABLE public.a (id integer);", _2=SEEN)
    pg_place.apply()
    assert pg_place.execute("SELECT path, wait FROM public.seen") == [
        ('"$user", public', "0")
    ]


@pytest.mark.parametrize("directive", ["", NONE])
def test_what_a_failing_file_sets_ends_with_it(pg_place: Place, directive: str) -> None:
    pg_place.execute("CREATE SCHEMA other")
    pg_place.write(_1=f"{directive}SET search_path TO other;\nSELECT 1/0;")
    with pytest.raises(StatementFailed, match="division by zero"):
        pg_place.apply()
    assert pg_place.execute("SHOW search_path") == [('"$user", public',)]
    assert pg_place.read_revisions()["1"].failed


def test_the_revisions_may_live_in_a_schema_of_their_own(pg_place: Place) -> None:
    pg_place.write(_1=A)
    request = replace(pg_place.make_request(), revisions_schema="My History")
    pg_place.apply(request)
    pg_place.apply(request)
    assert pg_place.done == []
    found = pg_place.execute('SELECT version FROM "My History".atlas_schema_revisions')
    assert found == [("1",)]
    assert pg_place.list_tables() == ["a"]
    tables = pg_place.engine.executor.list_tables(pg_place.connection, None)
    assert "atlas_schema_revisions" not in tables


@pytest.mark.parametrize(
    "name", ["a%sb", "a%b", 'a"b', "a\tb", "a\nb", "a b", "a'b", "a\\b", "Größe"]
)
def test_that_schema_may_have_any_name(pg_place: Place, name: str) -> None:
    request = replace(pg_place.make_request(), revisions_schema=name)
    pg_place.write(_1=A, _2=f"{NONE}SELECT 1;\nSELECT 1 / 0;")
    with pytest.raises(StatementFailed):
        pg_place.apply(request)
    pg_place.write(_2=f"{NONE}SELECT 1;\nSELECT 2;")
    pg_place.apply(request)
    assert pg_place.execute(
        "SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relname = 'atlas_schema_revisions'"
    ) == [(name,)]


def test_no_right_to_make_the_table_is_told(pg_place: Place) -> None:
    pg_place.write(_1=A)
    pg_place.execute("CREATE ROLE plain_reader")
    pg_place.execute("SET ROLE plain_reader")
    pg_place.execute("SET search_path = pg_catalog")
    try:
        with pytest.raises(ConfigError, match="revisions") as caught:
            pg_place.apply(allow_dirty=True)
    finally:
        pg_place.execute("RESET ROLE")
        pg_place.execute("DROP ROLE plain_reader")
    assert "REVISIONS_SCHEMA" in caught.value.hint


def test_a_table_that_another_session_makes_just_now_is_worth_a_retry(
    pg_place: Place, other: BaseDatabaseWrapper
) -> None:
    pg_place.write(_1=A)
    session = pg_place.engine.executor
    session.execute(other, "BEGIN")
    session.create_revisions_table(other, "public")
    request = replace(
        pg_place.make_request(), session_options=SessionOptions(lock_timeout=0.05)
    )
    with pytest.raises(Unreachable, match="lock timeout"):
        pg_place.apply(request)
    session.rollback(other)
    pg_place.apply(request)
    assert pg_place.read_revisions()["1"].done


def test_no_right_to_read_the_table_is_told(pg_place: Place) -> None:
    pg_place.write(_1=A)
    pg_place.apply()
    pg_place.execute("CREATE ROLE plain_reader")
    pg_place.execute("SET ROLE plain_reader")
    try:
        for job in (pg_place.apply, pg_place.preview):
            with pytest.raises(ConfigError, match="cannot be read: perm") as caught:
                job()
            assert "SELECT" in caught.value.hint
    finally:
        pg_place.execute("RESET ROLE")
        pg_place.execute("DROP ROLE plain_reader")


def test_a_connection_that_breaks_between_files_is_worth_a_retry(
    pg_place: Place, other: BaseDatabaseWrapper
) -> None:
    pg_place.write(_1=A)

    def end_the_session(event: object) -> None:
        if isinstance(event, Planned):
            terminate(pg_place, other)

    with pytest.raises(SchemaMigrationsError) as caught:
        apply(
            pg_place.connection,
            pg_place.engine,
            pg_place.directory,
            pg_place.make_request(),
            end_the_session,
        )
    assert caught.value.exit_code == 5
    pg_place.connection.close()
    assert pg_place.list_tables() == []


def terminate(place: Place, other: BaseDatabaseWrapper) -> None:
    ((pid,),) = place.execute("SELECT pg_backend_pid()")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_signal_in_the_middle_of_an_exchange_stays_a_signal(
    pg_place: Place, other: BaseDatabaseWrapper
) -> None:
    """The session can be asked nothing more; it is closed, and its lock is free."""

    def interrupt(event: object) -> None:
        if isinstance(event, StatementDone):
            pg_place.connection.connection.pgconn.send_query(b"SELECT pg_sleep(60)")
            raise KeyboardInterrupt

    pg_place.write(_1=A)
    with pytest.raises(KeyboardInterrupt):
        apply(
            pg_place.connection,
            pg_place.engine,
            pg_place.directory,
            pg_place.make_request(),
            interrupt,
        )
    assert pg_place.connection.connection.closed
    pg_place.connection.close()
    terminate_others(other)
    pg_place.apply()
    assert pg_place.done == ["1"]


def terminate_others(other: BaseDatabaseWrapper) -> None:
    """End at once what the server itself would notice after a second."""
    with other.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_commit_that_the_server_refuses_is_a_failure_of_the_file(
    pg_place: Place,
) -> None:
    pg_place.write(
        _1=f"{A}CREATE TABLE c (a integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO c VALUES (7);"
    )
    with pytest.raises(StatementFailed, match="at the end of its transaction"):
        pg_place.apply()
    assert pg_place.done == []
    assert pg_place.list_tables() == []
    assert "violates foreign key" in pg_place.read_revisions()["1"].error


def test_a_connection_that_breaks_in_a_file_leaves_the_file_not_started(
    pg_place: Place,
) -> None:
    pg_place.write(_1=f"{A}SELECT pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(StatementFailed) as caught:
        pg_place.apply()
    assert caught.value.exit_code == 5
    pg_place.connection.close()
    assert pg_place.list_tables() == []
    assert pg_place.read_revisions() == {}


def test_a_run_that_stands_still_within_a_transaction_is_ended(
    pg_place: Place, other: BaseDatabaseWrapper
) -> None:
    """As when its process is stopped: its locks do not stay."""
    pg_place.write(_1=f"{A}SELECT 1;")

    def stand_still(event: object) -> None:
        if isinstance(event, StatementDone):
            assert wait_until(lambda: not session_of_the_run(other))

    options = SessionOptions(idle_in_transaction_timeout=0.05)
    with pytest.raises(StatementFailed) as caught:
        apply(
            pg_place.connection,
            pg_place.engine,
            pg_place.directory,
            replace(pg_place.make_request(), session_options=options),
            stand_still,
        )
    assert caught.value.exit_code == 5
    pg_place.connection.close()
    assert pg_place.list_tables() == []


def session_of_the_run(other: BaseDatabaseWrapper) -> list[tuple[object, ...]]:
    with other.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            " AND state LIKE 'idle in transaction%'"
        )
        found: list[tuple[object, ...]] = cursor.fetchall()
    return found


class TestSignals:
    @pytest.fixture
    def sent(self) -> Iterator[list[tuple[str, str]]]:
        found: list[tuple[str, str]] = []

        def before(using: str, plan: list[object], **_: object) -> None:
            assert plan == []
            found.append(("pre", using))

        def after(using: str, plan: list[object], **_: object) -> None:
            assert plan == []
            found.append(("post", using))

        auth = apps.get_app_config("auth")
        pre_migrate.connect(before, sender=auth)
        post_migrate.connect(after, sender=auth)
        yield found
        pre_migrate.disconnect(before, sender=auth)
        post_migrate.disconnect(after, sender=auth)

    def test_handlers_are_called_as_migrate_does(
        self, place: Place, sent: list[tuple[str, str]]
    ) -> None:
        place.write(_1=schema_of_django(place), _2="SELECT 1;")
        request = replace(place.make_request(count=1), sends_signals=True)
        place.apply(request)
        assert sent == [("pre", "default")]  # a file is left
        place.apply(replace(place.make_request(), sends_signals=True))
        assert sent[1:] == [("pre", "default"), ("post", "default")]
        assert [e.name for e in place.events if isinstance(e, SignalSent)] == [
            "pre_migrate",
            "post_migrate",
        ]
        models = {
            name for (name,) in place.execute("SELECT model FROM django_content_type")
        }
        assert {"user", "group", "permission", "contenttype"} <= models
        ((count,),) = place.execute("SELECT count(*) FROM auth_permission")
        assert count >= 16
        place.apply(replace(place.make_request(), sends_signals=True))
        assert place.execute("SELECT count(*) FROM auth_permission") == [(count,)]

    def test_handlers_write_in_the_language_of_the_code(self, place: Place) -> None:
        languages: list[str | None] = []

        def after(**_: object) -> None:
            languages.append(translation.get_language())

        place.write(_1=schema_of_django(place))
        sender = apps.get_app_config("schema_migrations")
        post_migrate.connect(after, sender=sender)
        try:
            with translation.override("de"):
                place.apply(replace(place.make_request(), sends_signals=True))
        finally:
            post_migrate.disconnect(after, sender=sender)
        assert languages == [None]

    def test_a_handler_that_fails_says_that_the_files_are_applied(
        self, place: Place
    ) -> None:
        place.write(_1=A)
        with pytest.raises(
            SchemaMigrationsError, match="post_migrate failed"
        ) as caught:
            place.apply(replace(place.make_request(), sends_signals=True))
        assert "files are applied" in caught.value.hint
        assert place.read_revisions()["1"].done

    @pytest.mark.parametrize("does", ["close", "begin"])
    def test_a_handler_that_takes_the_runs_session_away_stops_it(
        self, does: str, place: Place
    ) -> None:
        """On another session nobody would hold the lock."""

        def handler(**_: object) -> None:
            if does == "close":
                place.connection.close()
            else:
                place.execute("BEGIN")

        place.write(_1=A)
        auth = apps.get_app_config("auth")
        pre_migrate.connect(handler, sender=auth)
        try:
            with pytest.raises(SchemaMigrationsError, match="closed the connection"):
                place.apply(replace(place.make_request(), sends_signals=True))
        finally:
            pre_migrate.disconnect(handler, sender=auth)
        place.connection.close()
        assert place.list_tables() == []
        place.apply(replace(place.make_request(), lock_wait=60.0))
        assert place.list_tables() == ["a"]


def test_a_session_that_is_lost_is_not_replaced_by_one_without_the_lock(
    pg_place: Place,
) -> None:
    pg_place.write(_1=f"{NONE}{A}COPY a TO STDOUT;\nINSERT INTO a VALUES (1);")
    with open_target("default", None) as (connection, _):
        with pytest.raises(StatementFailed, match="COPY cannot be used"):
            pg_place.apply()
        assert connection.connection.closed
    assert pg_place.read_revisions()["1"].applied == 1
    pg_place.write(_1=f"{NONE}{A}INSERT INTO a VALUES (1);")
    pg_place.apply(replace(pg_place.make_request(), lock_wait=60.0))
    assert pg_place.execute("SELECT id FROM a") == [(1,)]


def schema_of_django(place: Place) -> str:
    """SQL of the tables that handlers write, as Django's own editor makes them."""
    with place.connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for label in ("contenttypes", "auth"):
            for model in apps.get_app_config(label).get_models():
                editor.create_model(model)
    return "\n".join(editor.collected_sql)
