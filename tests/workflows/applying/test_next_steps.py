"""A statement that fails says what is left and what to do, by what kept it from running."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any, get_args

import pytest
from django.core.management import call_command
from django.db.utils import ConnectionHandler
from django.test import override_settings

from schema_migrations.engines.driver_error import Cause
from schema_migrations.engines.executor import SessionOptions
from schema_migrations.errors import StatementFailed
from schema_migrations.management.hints import hint_of
from schema_migrations.workflows.applying.apply import ApplyRequest
from schema_migrations.workflows.applying.events import Warned
from schema_migrations.workflows.applying.next_steps import NEXT_STEPS
from schema_migrations.workflows.applying.selection import Selection
from schema_migrations.workflows.states.replay import replay
from tests.fixtures.targets import use_as_default

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

ROLLED_BACK = "Rolled back: nothing of this file remains; files that were applied before stay applied."
TABLES = (
    "CREATE TABLE a (id integer PRIMARY KEY, n integer, s varchar(40));\n"
    "INSERT INTO a VALUES (1, 7, 'long enough'), (2, 7, 'x');\n"
    "CREATE TABLE b (a_id integer REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
)

ROWS = {
    "CREATE UNIQUE INDEX i ON a (n)": "Key (n)=(7) is duplicated.",
    "ALTER TABLE a ADD CONSTRAINT c CHECK (n > 7)": "",
    "ALTER TABLE a ALTER s TYPE varchar(3)": "",
    "ALTER TABLE a ADD FOREIGN KEY (n) REFERENCES a": "Key (n)=(7) is not present",
    "INSERT INTO a VALUES (3, NULL, NULL); ALTER TABLE a ALTER n SET NOT NULL": "",
    "ALTER TABLE a ALTER s TYPE integer USING s::integer": "",
}
STATEMENTS: list[tuple[str, str, str]] = [
    *((sql, "Correct the rows in the database", told) for sql, told in ROWS.items()),
    (
        "INSERT INTO b VALUES (1); ALTER TABLE b ADD x integer",
        "\n    SET CONSTRAINTS ALL IMMEDIATE;\n",
        "",
    ),
    ("CREATE TABLE nowhere.t (id integer)", "Create the schema, in an earlier", ""),
    ("CREATE EXTENSION no_such", "lacks the extension or the tablespace", ""),
    (
        "CREATE TABLE t (id integer) TABLESPACE no_such",
        "lacks the extension or the tablespace",
        "",
    ),
    (
        "SET temp_file_limit = '64kB'; SET work_mem = '64kB';"
        " CREATE TABLE t AS SELECT * FROM generate_series(1, 100000) g ORDER BY -g",
        "Make room on the server",
        "",
    ),
    ("CREATE TABLE a (x integer)", "python manage.py schemaset 2", ""),
    ("ALTER TABLE a ADD n integer", "python manage.py schemaset 2", ""),
    ("CREATE SCHEMA public", "python manage.py schemaset 2", ""),
    (
        "DO $$ BEGIN RAISE EXCEPTION 'not today'; END $$",
        "stopped it with these words",
        "",
    ),
    ("VACUUM a", "begins with the line '-- atlas:txmode none'", ""),
    ("SELECT nope", "Correct the file, run python manage.py schemahash", ""),
    ("SELECT FROM nope", "Correct the file, run python manage.py schemahash", ""),
]


def fail(place: Place, sql: str, **options: Any) -> StatementFailed:
    """Apply the tables, then a file that fails."""
    place.write(_1=TABLES, _2=f"{sql};")
    request = ApplyRequest(
        selection=Selection(),
        session_options=SessionOptions(**options),
        sends_signals=False,
    )
    with pytest.raises(StatementFailed) as caught:
        place.apply(request)
    assert_status_says_the_same(place, caught.value)
    return caught.value


def assert_status_says_the_same(place: Place, error: StatementFailed) -> None:
    """What the failed run said is next, ``schemastatus`` says later."""
    out = StringIO()
    entry = {"DIR": str(place.folder), "APPS": []}
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        call_command("schemastatus", stdout=out)
    before, _, step = out.getvalue().partition("\nNext     ")
    assert error.advice
    assert step.split() == hint_of(error).removeprefix(error.outcome).split()
    first, *_ = error.message.splitlines()
    shown = before.partition("\nFailed   ")[2].split()
    assert " ".join(first.partition(": ")[2].split()) in " ".join(shown)


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    ("sql", "advice", "told"), STATEMENTS, ids=[sql for sql, _, _ in STATEMENTS]
)
def test_each_cause_has_its_own_step(
    pg_place: Place, sql: str, advice: str, told: str
) -> None:
    error = fail(pg_place, sql)

    outcome, _, step = error.hint.partition("\n")
    assert outcome == ROLLED_BACK
    assert advice in f"\n{step}\n"
    assert ("Correct the file" in step) == advice.startswith("Correct the file")
    if told:
        assert f"\ndetail: {told}" in error.message


@pytest.mark.every_postgres
def test_the_line_for_pending_events_helps(pg_place: Place) -> None:
    insert, alter = "INSERT INTO b VALUES (1)", "ALTER TABLE b ADD x integer"
    fail(pg_place, f"{insert};\n{alter}")

    pg_place.write(_2=f"{insert};\nSET CONSTRAINTS ALL IMMEDIATE;\n{alter};")
    pg_place.apply()

    assert pg_place.execute("SELECT a_id, x FROM b") == [(1, None)]


def test_a_timeout_names_its_option(pg_place: Place) -> None:
    error = fail(pg_place, "SELECT pg_sleep(30)", statement_timeout=0.1)

    assert error.sqlstate == "57014"
    assert "with STATEMENT_TIMEOUT (0: no limit)" in error.hint
    assert "with STATEMENT_TIMEOUT or --statement-timeout (0: no limit)" in hint_of(
        error
    )


def test_a_right_that_is_missing(pg_place: Place) -> None:
    pg_place.write(_1=TABLES)
    pg_place.apply()
    role = "of_no_rights"
    pg_place.execute(f"CREATE ROLE {role} LOGIN")
    pg_place.execute(
        f"GRANT ALL ON SCHEMA public TO {role};"
        f" GRANT ALL ON atlas_schema_revisions TO {role}"
    )
    try:
        with use_as_default({**pg_place.settings, "USER": role}):
            error = fail(pg_place, "ALTER TABLE a ADD x integer")
    finally:
        pg_place.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")

    assert error.sqlstate == "42501"
    assert "Connect as the owner of the object" in error.hint
    assert "Correct the file" not in error.hint


def test_an_object_that_another_session_uses(pg_place: Place) -> None:
    other = ConnectionHandler({"default": dict(pg_place.settings)})["default"]
    with other.cursor() as cursor:
        cursor.execute("CREATE DATABASE in_use_by_another")
    user = ConnectionHandler(
        {"default": {**pg_place.settings, "NAME": "in_use_by_another"}}
    )["default"]
    user.ensure_connection()
    error = fail(pg_place, "-- atlas:txmode none\n\nDROP DATABASE in_use_by_another")
    user.close()
    with other.cursor() as cursor:
        cursor.execute("DROP DATABASE in_use_by_another")
    other.close()

    assert error.sqlstate == "55006"
    assert "Another session uses it." in error.hint
    assert "SET CONSTRAINTS" not in error.hint


SQLITE = [
    ("CREATE UNIQUE INDEX i ON a (n)", "Correct the rows in the database"),
    ("INSERT INTO a VALUES (1, 1, '')", "Correct the rows in the database"),
    (
        "PRAGMA max_page_count = 8; CREATE TABLE t AS SELECT randomblob(100000)",
        "Make room on the server",
    ),
    ("PRAGMA query_only = 1; CREATE TABLE t (x)", "no right to do this"),
    ("CREATE TABLE a (x integer)", "python manage.py schemaset 2"),
    ("ALTER TABLE a ADD COLUMN n integer", "python manage.py schemaset 2"),
    ("VACUUM", "begins with the line '-- atlas:txmode none'"),
    ("SELECT nope", "Correct the file"),
]


@pytest.mark.parametrize(("sql", "advice"), SQLITE)
def test_on_sqlite(sqlite_place: Place, sql: str, advice: str) -> None:
    error = fail(sqlite_place, sql)

    outcome, _, step = error.hint.partition("\n")
    assert outcome == ROLLED_BACK
    assert advice in step
    assert ("Correct the file" in step) == (advice == "Correct the file")


def test_without_a_transaction_it_says_what_stays(place: Place) -> None:
    place.write(_1=f"-- atlas:txmode none\n\n{TABLES}CREATE UNIQUE INDEX i ON a (n);")
    with pytest.raises(StatementFailed) as caught:
        place.apply()

    outcome, step, *_ = caught.value.hint.splitlines()
    assert outcome == (
        "3 of its 4 statements stay applied; the next run resumes at statement 4."
    )
    assert step.startswith("Rows or values break it.")


def test_every_cause_has_a_step() -> None:
    assert set(NEXT_STEPS) == {*get_args(Cause), "retry"}


def test_advice_of_one_failure_only_is_kept(sqlite_place: Place) -> None:
    error = fail(sqlite_place, "INSERT INTO b VALUES (77)")
    assert error.advice == "Delete or correct these rows before the end of the file."


def test_a_lock_that_is_not_given(pg_place: Place) -> None:
    pg_place.write(_1=TABLES)
    pg_place.apply()
    other = ConnectionHandler({"default": dict(pg_place.settings)})["default"]
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("LOCK TABLE a")
    try:
        error = fail(pg_place, "ALTER TABLE a ADD x integer", lock_timeout=0.1)
    finally:
        other.close()
    assert error.advice.startswith("Run schemaapply again; it continues")


@pytest.mark.parametrize(
    "operator", ["Atlas CLI v0.30", "django-schema-migrations 0.1"]
)
def test_of_a_row_without_a_cause_the_step_leaves_it_open(
    place: Place, operator: str
) -> None:
    """Atlas, and earlier releases, wrote the message alone."""
    fail(place, "CREATE UNIQUE INDEX i ON a (n)")
    place.execute(
        "INSERT INTO atlas_schema_revisions (version, description, total, executed_at,"
        " execution_time, error, hash, operator_version) VALUES ('2', '', 1,"
        f" '2026-01-01 00:00:00Z', 0, 'pq: could not create it', '', '{operator}')"
    )
    out = StringIO()
    call_command("schemastatus", dir=place.folder, stdout=out)
    step = out.getvalue().partition("\nNext     ")[2]
    assert step.startswith("Mend what the error names. If that is the file,\n")
    place.execute("UPDATE atlas_schema_revisions SET error = 'pq: refused (23505)'")
    call_command("schemastatus", dir=place.folder, stdout=(again := StringIO()))
    assert ("Mend what" in again.getvalue()) is operator.startswith("Atlas")


def test_a_txmode_without_a_blank_line_is_named(place: Place) -> None:
    """It says what to do with the line that is there, not to write one."""
    error = fail(place, "-- atlas:txmode none\nVACUUM")
    assert "the atlas:txmode on line 1 has no effect" in error.advice
    assert "put it at the top of the file, and a blank line below it" in error.advice
    assert "begins with the line" not in error.advice
    told = [event.message for event in place.events if isinstance(event, Warned)]
    assert told == [
        "2.sql:1: atlas:txmode works only in the comment block at the top of the file,"
        " followed by a blank line"
    ]


def test_a_txmode_below_a_statement_is_named(place: Place) -> None:
    error = fail(place, "SELECT 1;\n-- atlas:txmode none\n\nVACUUM")
    assert "the atlas:txmode on line 2 has no effect" in error.advice


def test_replaying_names_a_txmode_without_effect(place: Place) -> None:
    place.write(_1="-- atlas:txmode none\nVACUUM;")
    place.connection.ensure_connection()
    with pytest.raises(StatementFailed) as caught:
        replay(place.engine, place.connection, place.directory.files)
    assert "the atlas:txmode on line 1 has no effect" in caught.value.advice
