"""What the server says while files run is shown with file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.core.management import call_command
from django.test import override_settings

from schema_migrations.errors import StatementFailed
from schema_migrations.history.statements import SourceStatement
from schema_migrations.management.output.events import describe_event
from schema_migrations.workflows.applying.apply import apply
from schema_migrations.workflows.applying.events import Event, FileDone, MessageReceived
from schema_migrations.workflows.applying.messages import Messages
from schema_migrations.workflows.applying.watch import Watch
from schema_migrations.workflows.targets.connected_target import connect_target
from tests.fixtures.json_schemas import read_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.targets import Place


@pytest.fixture
def reader(pg_place: Place) -> Iterator[psycopg.Connection]:
    """Another session; used from any thread."""
    settings = pg_place.settings
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        dbname=settings["NAME"],
    ) as connection:
        yield connection


SPEAK = """CREATE TABLE t (id integer);

DO $$
BEGIN
  RAISE WARNING 'three rows had no owner' USING HINT = 'See the wiki.', DETAIL = 'Ids 1, 2, 3.';
  RAISE NOTICE 'moved % rows', 7;
  RAISE INFO 'all is well';
END $$;
"""

DEFERRED = """
CREATE TABLE t (id integer);
CREATE FUNCTION speak() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE NOTICE ''row %'', NEW.id; RETURN NULL; END';
CREATE CONSTRAINT TRIGGER speak AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION speak();
INSERT INTO t VALUES (5);
"""


def messages_of(place: Place) -> list[MessageReceived]:
    return [event for event in place.events if isinstance(event, MessageReceived)]


def run(place: Place, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    entry = {"DIR": str(place.folder)}
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        call_command(
            "schemaapply",
            signals=False,
            stdout=out,
            stderr=err,
            no_color=True,
            **options,
        )
    return out.getvalue(), err.getvalue()


@pytest.mark.every_postgres
@pytest.mark.parametrize("mode", ["file", "all", "none"])
def test_every_message_names_its_statement(pg_place: Place, mode: str) -> None:
    pg_place.write(_1_t=SPEAK)
    pg_place.apply(tx_mode=mode)
    received = messages_of(pg_place)
    assert [(each.severity, each.message) for each in received] == [
        ("WARNING", "three rows had no owner"),
        ("NOTICE", "moved 7 rows"),
        ("INFO", "all is well"),
    ]
    assert {(each.file, each.line) for each in received} == {("1_t.sql", 3)}
    assert (received[0].hint, received[0].detail) == ("See the wiki.", "Ids 1, 2, 3.")
    assert pg_place.events.index(received[0]) < next(
        number for number, e in enumerate(pg_place.events) if isinstance(e, FileDone)
    )


def test_what_is_said_at_the_end_of_a_transaction_names_the_file(
    pg_place: Place,
) -> None:
    pg_place.write(_1_t=DEFERRED)
    pg_place.apply()
    (received,) = messages_of(pg_place)
    assert (received.file, received.line, received.message) == ("1_t.sql", 0, "row 5")
    assert describe_event(received) == "NOTICE  1_t.sql: row 5"


def test_a_password_is_not_repeated(pg_place: Place) -> None:
    pg_place.write(
        _1_t="DO $$ BEGIN PERFORM 'ALTER ROLE r PASSWORD ''hunter22''';\n"
        "RAISE WARNING 'got hunter22' USING HINT = 'hunter22'; END $$;"
    )
    pg_place.apply()
    (received,) = messages_of(pg_place)
    assert (received.message, received.hint) == ("got ***", "***")


def test_nobody_listens_afterwards(pg_place: Place) -> None:
    pg_place.write(_1_t="SELECT 1;")
    pg_place.apply()
    pg_place.execute("DO $$ BEGIN RAISE WARNING 'later'; END $$")
    assert messages_of(pg_place) == []


def test_our_own_statements_say_nothing(pg_place: Place) -> None:
    """With whatever level of messages; also the second time."""
    pg_place.execute(
        f'ALTER DATABASE "{pg_place.settings["NAME"]}" SET escape_string_warning TO on'
    )
    pg_place.execute(
        f'ALTER DATABASE "{pg_place.settings["NAME"]}"'
        " SET standard_conforming_strings TO off"
    )
    pg_place.connection.close()
    for version in ("1", "2"):
        pg_place.write(**{f"_{version}": "SELECT 'a\\b';"})
        pg_place.apply()
        assert messages_of(pg_place) == []


@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_verbosity_chooses(pg_place: Place, verbosity: int) -> None:
    pg_place.write(_1_t=SPEAK)
    out, err = run(pg_place, verbosity=verbosity)
    warning = (
        "warning: 1_t.sql:3: three rows had no owner\n"
        "detail: Ids 1, 2, 3.\n"
        "hint from the server: See the wiki.\n"
    )
    assert err == (warning if verbosity else "")
    notices = "NOTICE  1_t.sql:3: moved 7 rows\nINFO  1_t.sql:3: all is well\n"
    assert (notices in out) == (verbosity == 2)
    assert ("moved" in out) == (verbosity == 2)


def test_the_log_has_all(pg_place: Place) -> None:
    pg_place.write(_1_t=SPEAK)
    _, err = run(pg_place, format="json", verbosity=1)
    entries = [e for e in read_log(err) if e["event"] == "message_received"]
    assert [entry["severity"] for entry in entries] == ["WARNING", "NOTICE", "INFO"]
    assert entries[1] | {"time": ""} == {
        "time": "",
        "event": "message_received",
        "file": "1_t.sql",
        "line": 3,
        "severity": "NOTICE",
        "message": "moved 7 rows",
        "detail": "",
        "hint": "",
        "sqlstate": "00000",
    }


def test_warnings_of_many_targets_name_the_target(pg_place: Place) -> None:
    pg_place.execute("CREATE SCHEMA one; CREATE SCHEMA two;")
    pg_place.write(_1_t=SPEAK)
    out, err = run(
        pg_place, targets_sql="SELECT unnest(ARRAY['one', 'two'])", verbosity=1
    )
    assert sorted(line for line in err.splitlines() if "warning" in line) == [
        "warning: one: 1_t.sql:3: three rows had no owner",
        "warning: two: 1_t.sql:3: three rows had no owner",
    ]
    assert "moved" not in out + err


@dataclass(frozen=True, kw_only=True)
class CountedStatement(SourceStatement):
    """A statement that counts how often its text is read."""

    reads: list[int] = field(default_factory=list)

    def __getattribute__(self, name: str) -> Any:
        if name == "sql":
            self.reads.append(1)
        return super().__getattribute__(name)


def test_a_statement_is_searched_for_passwords_once(pg_place: Place) -> None:
    sql = (
        "DO $$ BEGIN PERFORM 'ALTER ROLE r PASSWORD ''hunter22''';"
        " FOR i IN 1..20000 LOOP RAISE NOTICE 'hunter22 %', i; END LOOP; END $$"
    )
    statement = CountedStatement(
        sql=sql, terminator=";", line=1, column=1, offset=0, first_line=1
    )
    events: list[Event] = []
    messages, watch = Messages(events.append), Watch()
    connected = connect_target(
        pg_place.connection, pg_place.engine, revisions_schema=None, wait=0
    )
    with (
        messages.note_messages(connected.store, watch),
        watch.track_statement("1.sql", statement, 1, 1),
    ):
        statement.reads.clear()
        pg_place.engine.executor.execute(pg_place.connection, sql)
        assert (events, statement.reads) == ([], [])
    said = [each.message for each in events if isinstance(each, MessageReceived)]
    assert said == [f"*** {number}" for number in range(1, 20_001)]
    assert statement.reads == [1]


def test_a_long_statement_is_heard_before_it_ends(
    pg_place: Place, reader: psycopg.Connection
) -> None:
    """It waits for a lock until its first message was reported."""
    reader.execute("SELECT pg_advisory_xact_lock(77)")
    pg_place.write(
        _1="DO $$ BEGIN RAISE NOTICE 'first';"
        " PERFORM pg_advisory_xact_lock(77); RAISE NOTICE 'second'; END $$;"
    )
    said: list[str] = []

    def make_way(event: Event) -> None:
        if isinstance(event, MessageReceived):
            said.append(event.message)
            reader.rollback()

    apply(
        pg_place.connection,
        pg_place.engine,
        pg_place.directory,
        pg_place.make_request(),
        make_way,
    )
    assert said == ["first", "second"]


def test_what_was_said_before_an_error_is_shown(pg_place: Place) -> None:
    pg_place.write(_1="DO $$ BEGIN RAISE NOTICE 'so far'; PERFORM 1 / 0; END $$;")
    with pytest.raises(StatementFailed):
        pg_place.apply()
    assert [each.message for each in messages_of(pg_place)] == ["so far"]
