"""What the server says while files run is shown with file and line."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from schema_migrations.management.output.events import describe_event
from schema_migrations.workflows.applying.events import FileDone, MessageReceived
from tests.fixtures.json_schemas import read_log

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

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
