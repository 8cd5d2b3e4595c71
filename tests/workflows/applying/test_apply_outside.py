"""Statements that refuse transactions: resumed by what the database says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.engines.executor import SessionOptions
from schema_migrations.errors import StatementFailed
from schema_migrations.history import revision
from schema_migrations.history.revision import UNKNOWN_END
from schema_migrations.workflows.applying.apply import apply
from schema_migrations.workflows.applying.events import (
    Resumed,
    Retrying,
    StatementDone,
    Warned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.targets import Place

NONE = "-- atlas:txmode none\n\n"
A = "CREATE TABLE a (id integer);\n"
INDEX = "CREATE INDEX CONCURRENTLY i ON a (id)"
CALL = "CALL fill()"

SLOWLY = """
CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO a VALUES (1);
    COMMIT;
    LOCK TABLE gate NOWAIT;
END $$;
"""


@pytest.fixture
def ours(pg_place: Place) -> Place:
    """A table is there, and the next file is one index and one more statement."""
    pg_place.write(_1=A, _2=f"{NONE}{INDEX};\nSELECT 1;")
    pg_place.apply(count=1)
    return pg_place


def begun(
    place: Place, sql: str, *, operator: str = "", error: str = UNKNOWN_END
) -> None:
    """Write the row of version 2 as a kill within its first statement leaves it."""
    place.execute(
        "INSERT INTO atlas_schema_revisions (version, description, total,"
        " executed_at, execution_time, error, error_stmt, hash, operator_version)"
        f" VALUES ('2', '', 2, now(), 0, nullif('{error}', ''), '{sql}', '',"
        f" coalesce(nullif('{operator}', ''), 'django-schema-migrations 0'))"
    )


def resumed(place: Place) -> list[tuple[bool, str]]:
    return [(e.done, e.message) for e in place.events if isinstance(e, Resumed)]


def ran(place: Place) -> list[str]:
    return [e.sql for e in place.events if isinstance(e, StatementDone)]


def valid(place: Place) -> list[tuple[bool]]:
    return place.execute(
        "SELECT indisvalid FROM pg_index WHERE indrelid = 'a'::regclass"
    )


def test_what_was_made_before_it_could_be_recorded_is_not_made_again(
    ours: Place,
) -> None:
    ours.execute(INDEX)
    begun(ours, INDEX)
    ours.apply()
    assert resumed(ours) == [
        (True, "the index public.i already exists, valid and as defined here")
    ]
    assert ran(ours) == ["SELECT 1"]
    row = ours.read_revisions()["2"]
    assert (row.done, row.applied, row.error) == (True, 2, "")


def test_what_was_half_made_is_made_anew(ours: Place) -> None:
    unique = "CREATE UNIQUE INDEX CONCURRENTLY i ON a (id)"
    ours.write(_2=f"{NONE}{unique};\nSELECT 1;")
    ours.execute("INSERT INTO a VALUES (1), (1)")
    with pytest.raises(StatementFailed, match="duplicated"):
        ours.apply()
    assert valid(ours) == [(False,)]
    assert "could not create unique index" in ours.read_revisions()["2"].error
    ours.execute("TRUNCATE a")
    ours.apply()
    assert resumed(ours) == [
        (False, "dropped the INVALID index public.i that an earlier attempt left")
    ]
    assert ran(ours) == [unique, "SELECT 1"]
    assert valid(ours) == [(True,)]


def test_another_index_of_that_name_stops_with_the_place(ours: Place) -> None:
    ours.execute("CREATE INDEX i ON a ((id + 1))")
    for _ in range(2):
        with pytest.raises(StatementFailed) as caught:
            ours.apply()
        assert caught.value.message.startswith(
            "2.sql:3: an index public.i exists with another definition:"
        )
        assert (caught.value.exit_code, caught.value.sql) == (2, INDEX)
        row = ours.read_revisions()["2"]
        assert (row.applied, row.error_stmt) == (0, INDEX)
        assert "another definition" in row.error


@pytest.mark.parametrize(
    ("operator", "error", "done"),
    [
        ("", UNKNOWN_END, True),
        ("Atlas CLI v1.2.3", "", True),  # it writes nothing before a statement
        ("", "", False),  # we would have written that it began
        ("", "it does not exist", False),
    ],
)
def test_a_drop_counts_as_done_where_it_may_have_been_done(
    ours: Place, operator: str, error: str, done: bool
) -> None:
    drop = "DROP INDEX CONCURRENTLY i"
    ours.write(_2=f"{NONE}{drop};\nSELECT 1;")
    begun(ours, drop, operator=operator, error=error)
    if done:
        ours.apply()
        assert resumed(ours) == [(True, "the index i is already gone")]
        assert ours.read_revisions()["2"].done
    else:
        with pytest.raises(StatementFailed, match='index "i" does not exist'):
            ours.apply()


@pytest.fixture
def failing_record(ours: Place) -> Iterator[Place]:
    """The progress of version 2 cannot be written: a full disk would do the same."""
    ours.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE disk_full USING MESSAGE = 'No space left'; END $$"
    )
    ours.execute(
        "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON atlas_schema_revisions"
        " FOR EACH ROW WHEN (new.applied = 1) EXECUTE FUNCTION full_disk()"
    )
    yield ours
    ours.execute("DROP TRIGGER IF EXISTS full_disk ON atlas_schema_revisions")


@pytest.mark.parametrize("sql", [INDEX, "DROP INDEX CONCURRENTLY j"])
def test_a_record_that_cannot_be_written_does_not_make_it_run_twice(
    failing_record: Place, sql: str
) -> None:
    place = failing_record
    place.execute("CREATE INDEX j ON a (id)")
    place.write(_2=f"{NONE}{sql};\nSELECT 1;")
    with pytest.raises(StatementFailed, match="No space left") as caught:
        place.apply()
    assert "is done" in caught.value.hint
    row = place.read_revisions()["2"]
    assert (row.applied, row.error) == (0, UNKNOWN_END)
    place.execute("DROP TRIGGER full_disk ON atlas_schema_revisions")
    place.apply()
    assert [done for done, _ in resumed(place)] == [True]
    assert ran(place) == ["SELECT 1"]
    assert place.read_revisions()["2"].done


def test_a_record_that_waits_for_a_lock_does_not_make_it_run_twice(
    ours: Place,
) -> None:
    other = ConnectionHandler({"default": dict(ours.settings)})["default"]
    drop = "DROP INDEX CONCURRENTLY j"
    ours.execute("CREATE INDEX j ON a (id)")
    ours.write(_2=f"{NONE}{drop};\nSELECT 1;")

    def in_the_way(event: object) -> None:
        if isinstance(event, StatementDone) and event.sql == drop:
            with other.cursor() as cursor:
                cursor.execute("BEGIN; LOCK TABLE atlas_schema_revisions")

    request = replace(
        ours.make_request(),
        lock_retries=3,
        session_options=SessionOptions(lock_timeout=0.05),
    )
    with pytest.raises(StatementFailed, match="lock timeout") as caught:
        apply(ours.connection, ours.engine, ours.directory, request, in_the_way)
    assert caught.value.exit_code == 5
    other.close()
    assert ours.read_revisions()["2"].error == UNKNOWN_END
    ours.apply()
    assert ran(ours) == ["SELECT 1"]
    assert ours.read_revisions()["2"].done


@pytest.mark.parametrize("directive", ["", NONE])
def test_a_record_that_cannot_be_written_takes_the_statement_back(
    failing_record: Place, directive: str
) -> None:
    failing_record.write(_2=f"{directive}CREATE TABLE b (id integer);")
    with pytest.raises(StatementFailed, match="No space left"):
        failing_record.apply()
    assert failing_record.list_tables() == ["a"]
    failing_record.execute("DROP TRIGGER full_disk ON atlas_schema_revisions")
    failing_record.apply()
    assert failing_record.list_tables() == ["a", "b"]


def test_a_lock_that_was_not_to_be_had_is_tried_again(ours: Place) -> None:
    other = ConnectionHandler({"default": dict(ours.settings)})["default"]
    with other.cursor() as cursor:
        cursor.execute("CREATE TABLE gate (id integer)")
        cursor.execute("BEGIN; LOCK TABLE gate")
    ours.execute(SLOWLY)
    ours.write(_2=f"{NONE}{CALL};\nSELECT 1;")
    with pytest.raises(StatementFailed) as caught:
        ours.apply(replace(ours.make_request(), lock_retries=2))
    assert caught.value.exit_code == 5
    assert sum(isinstance(e, Retrying) for e in ours.events) == 2
    other.close()
    ours.apply()
    assert ours.read_revisions()["2"].done


def test_what_cannot_be_known_runs_again_and_is_told(ours: Place) -> None:
    ours.execute("CREATE TABLE gate (id integer)")
    ours.execute(SLOWLY)
    ours.write(_2=f"{NONE}{CALL};\nSELECT 1;")
    begun(ours, CALL)
    ours.apply()
    (told,) = [e.message for e in ours.events if isinstance(e, Warned)]
    assert told.startswith("2.sql:3: an earlier run ended while this statement ran")
    assert ran(ours) == [CALL, "SELECT 1"]


def test_no_statement_done_lacks_its_hash(
    ours: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long file gets hashes in blocks, and such a statement is recorded twice."""
    monkeypatch.setattr(revision, "HASHES_AHEAD", 3)
    look = (
        "INSERT INTO seen SELECT applied, jsonb_array_length(partial_hashes)"
        " FROM atlas_schema_revisions WHERE version = '2';"
    )
    ours.execute("CREATE TABLE seen (applied int, hashes int)")
    statements = ["SELECT 1;"] * 4 + [f"{INDEX};", *[look] * 7, "SELECT 1 / 0;"]
    ours.write(_2=NONE + "\n".join(statements))
    with pytest.raises(StatementFailed):
        ours.apply()
    seen = ours.execute("SELECT applied, hashes FROM seen ORDER BY applied")
    assert seen == [(5, 6), (6, 6), (7, 9), (8, 9), (9, 9), (10, 12), (11, 12)]
    assert ours.execute(
        "SELECT applied, jsonb_array_length(partial_hashes)"
        " FROM atlas_schema_revisions WHERE version = '2'"
    ) == [(12, 12)]


@pytest.mark.parametrize("head", [NONE, ""])
def test_a_validation_that_stops_nobody_may_take_long(
    pg_place: Place, head: str
) -> None:
    pg_place.write(
        _1=f"{A}INSERT INTO a VALUES (1); CREATE FUNCTION slow(n integer) RETURNS boolean"
        " LANGUAGE sql AS 'SELECT pg_sleep(0.3) IS NOT NULL';"
        "ALTER TABLE a ADD CONSTRAINT c CHECK (slow(id)) NOT VALID;",
        _2=f"{head}ALTER TABLE a VALIDATE CONSTRAINT c;",
    )
    pg_place.apply(count=1)
    options = SessionOptions(statement_timeout=0.1)
    request = replace(pg_place.make_request(), session_options=options)
    if head:
        pg_place.apply(request)
        assert pg_place.execute("SHOW statement_timeout") == [("0",)]
        return
    with pytest.raises(StatementFailed, match="statement timeout"):
        pg_place.apply(request)
