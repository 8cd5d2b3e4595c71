"""Statements that run in batches: bounded, resumed where they ended, no row twice."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from schema_migrations.errors import StatementFailed, SyntaxProblem
from schema_migrations.history.batches import UNBATCHED_WARNING
from schema_migrations.workflows.applying import batches
from schema_migrations.workflows.applying.events import (
    RowsDone,
    StatementDone,
    Warned,
)
from tests.fixtures.children import wait_until
from tests.fixtures.project import Project

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

NONE = "-- atlas:txmode none\n\n"
COUNT_UP = "-- batches: id\nUPDATE t SET n = n + 1;\n"
ROWS = "INSERT INTO t SELECT i, 0 FROM generate_series(1, 10) i"


@pytest.fixture
def table(pg_place: Place) -> Place:
    """A table of ten rows, numbered from 1, each with n = 0."""
    pg_place.execute("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
    pg_place.execute(ROWS)
    return pg_place


def apply(place: Place, size: int = 3, **more: Any) -> None:
    request = replace(place.make_request(allow_dirty=True), batch_size=size, **more)
    place.apply(request)


def list_batches(place: Place) -> list[list[int]]:
    """Return the numbers of the rows by the transaction that wrote them last."""
    found = place.execute(
        "SELECT array_agg(id ORDER BY id) FROM t GROUP BY xmin::text ORDER BY min(id)"
    )
    return [ids for (ids,) in found]


def test_each_batch_is_a_transaction(table: Place) -> None:
    table.write(_1=NONE + COUNT_UP)
    apply(table)
    assert list_batches(table) == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10]]
    assert table.execute("SELECT DISTINCT n FROM t") == [(1,)]
    row = table.read_revisions()["1"]
    assert (row.applied, row.total, row.session_changes) == (1, 1, "")
    assert [type(e) for e in table.events].count(StatementDone) == 1


@pytest.mark.parametrize("size", [1, 2, 5, 9, 10, 11, 5000])
def test_every_row_comes_once_whatever_the_size(table: Place, size: int) -> None:
    table.write(_1=NONE + COUNT_UP)
    apply(table, size)
    assert table.execute("SELECT DISTINCT n FROM t") == [(1,)]
    assert max(map(len, list_batches(table))) <= size


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        ("CREATE TABLE k (a text COLLATE \"C\", b bigint, PRIMARY KEY (a, b));"
         "INSERT INTO k SELECT chr(97 + i % 3) || '''', i FROM generate_series(1, 20) i",
         "a, b"),
        ("CREATE TABLE k (a uuid PRIMARY KEY);"
         "INSERT INTO k SELECT gen_random_uuid() FROM generate_series(1, 20)", "a"),
        ('CREATE TABLE k ("A b" timestamptz NOT NULL UNIQUE);'
         "INSERT INTO k SELECT now() + i * interval '1.7 s' FROM generate_series(1, 20) i",
         '"A b"'),
        ("CREATE TABLE k (a integer NOT NULL); CREATE INDEX ON k (a);"
         "INSERT INTO k SELECT i / 5 FROM generate_series(1, 20) i", "a"),
        ("CREATE TABLE k (a bit(8) PRIMARY KEY);"
         "INSERT INTO k SELECT i::bit(8) FROM generate_series(1, 20) i", "a"),
        ("CREATE TABLE k (a char(5) PRIMARY KEY);"
         "INSERT INTO k SELECT i::text FROM generate_series(1, 20) i", "a"),
        ("CREATE TYPE mood AS ENUM ('b', 'a');"
         "CREATE TABLE k (a mood, b integer, PRIMARY KEY (a, b));"
         "INSERT INTO k SELECT CASE i % 2 WHEN 0 THEN 'a' ELSE 'b' END::mood, i"
         " FROM generate_series(1, 20) i", "a, b"),
    ],
    ids=["two columns", "uuid", "time", "not unique", "bits", "padded", "enum"],
)  # fmt: skip
def test_keys_of_all_kinds(pg_place: Place, make: str, columns: str) -> None:
    pg_place.execute(f"{make}; ALTER TABLE k ADD n integer NOT NULL DEFAULT 0")
    update = f"-- batches: {columns}\nUPDATE k AS mine SET n = n + 1 WHERE n < 5;"
    pg_place.write(_1=NONE + update)
    apply(pg_place)
    assert pg_place.execute("SELECT n, count(*) FROM k GROUP BY 1") == [(1, 20)]


def test_a_table_without_rows(pg_place: Place) -> None:
    pg_place.execute("CREATE TABLE t (id integer PRIMARY KEY, n integer)")
    pg_place.write(_1=NONE + COUNT_UP)
    apply(pg_place)
    assert pg_place.read_revisions()["1"].done


def test_rows_are_deleted(table: Place) -> None:
    table.write(_1=f"{NONE}-- batches: id\nDELETE FROM t WHERE id % 2 = 0;")
    apply(table)
    assert table.execute("SELECT count(*) FROM t") == [(5,)]


def test_what_fails_says_how_far_it_got_and_goes_on_there(table: Place) -> None:
    table.execute("UPDATE t SET n = NULL WHERE id = 8")
    table.execute("ALTER TABLE t ADD CHECK (n <> 1 OR id <> 7)")
    table.write(_1=f"{NONE}{COUNT_UP}SELECT 1;")
    with pytest.raises(StatementFailed) as caught:
        apply(table)
    assert "6 rows of a statement in batches stay done" in caught.value.hint
    assert caught.value.line == 4
    row = table.read_revisions()["1"]
    assert (row.applied, row.failed) == (0, True)
    (pending,) = table.read_status().comparison.pending
    assert pending.partial_revision == row
    table.execute("ALTER TABLE t DROP CONSTRAINT t_check")
    apply(table)
    counted = table.execute("SELECT DISTINCT n FROM t WHERE id <> 8")
    assert counted == [(1,)]


def test_a_statement_that_was_edited_begins_again(table: Place) -> None:
    fail_at_7(table)
    table.write(_1=f"{NONE}-- batches: id\nUPDATE t SET n = 5;")
    apply(table)
    warned = [e.message for e in table.events if isinstance(e, Warned)]
    assert warned == [f"1.sql: 6 {batches.EDITED_WARNING}"]
    assert table.execute("SELECT DISTINCT n FROM t") == [(5,)]


def test_a_statement_that_was_put_before_runs_first(table: Place) -> None:
    fail_at_7(table)
    table.write(_1=f"{NONE}UPDATE t SET n = n WHERE id = 7;\n{COUNT_UP}SELECT 1;")
    apply(table)
    assert table.execute("SELECT DISTINCT n FROM t") == [(1,)]


def test_new_rows_behind_the_last_are_left(table: Place) -> None:
    """Otherwise a busy table never ends."""
    table.execute(
        "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
        " INSERT INTO t SELECT max(id) + 1, 0 FROM t; RETURN NULL; END';"
        "CREATE TRIGGER more AFTER UPDATE ON t EXECUTE FUNCTION more()"
    )
    table.write(_1=NONE + COUNT_UP)
    apply(table)
    assert table.execute("SELECT n, count(*) FROM t GROUP BY 1 ORDER BY 1") == [
        (0, 4),
        (1, 10),
    ]


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("-- batches: gone", "names gone, which is no column of t"),
        ("-- batches: m", "No btree index of t is in the order of m"),
        ("-- batches: f", "names f, whose values are not exact"),
        ("-- batches: k", "A row of t is NULL in a column that -- batches: names"),
        ("-- batches: h, m", "No btree index of t is in the order of h, m"),
    ],
)
def test_columns_that_give_no_order_are_refused(
    table: Place, comment: str, problem: str
) -> None:
    table.execute(
        "ALTER TABLE t ADD m integer NOT NULL DEFAULT 0, ADD f float8 UNIQUE,"
        " ADD k integer UNIQUE, ADD h integer; CREATE INDEX ON t USING hash (h);"
        "CREATE INDEX ON t (h DESC, m)"
    )
    table.write(_1=f"{NONE}{comment}\nUPDATE t SET n = n + 1;")
    with pytest.raises(StatementFailed, match=problem):
        apply(table)
    assert table.execute("SELECT DISTINCT n FROM t") == [(0,)]
    assert table.read_revisions() == {} or not table.read_revisions()["1"].has_effect


def test_a_comment_that_cannot_be_obeyed_stops_the_file_first(table: Place) -> None:
    table.write(_1=f"{NONE}UPDATE t SET n = 9;\n-- batches: id\nSELECT 1;")
    with pytest.raises(SyntaxProblem, match=r"1\.sql:4"):
        apply(table)
    assert table.execute("SELECT DISTINCT n FROM t") == [(0,)]


def test_in_a_transaction_it_is_one_statement(table: Place) -> None:
    table.write(_1=COUNT_UP, _2=f"{NONE}BEGIN;\n{COUNT_UP}COMMIT;")
    apply(table)
    warned = [e.message for e in table.events if isinstance(e, Warned)]
    assert warned == [
        f"{place}: {UNBATCHED_WARNING}" for place in ("1.sql:1", "2.sql:4")
    ]
    assert list_batches(table) == [list(range(1, 11))]
    assert table.execute("SELECT DISTINCT n FROM t") == [(2,)]


def test_progress_is_told(table: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "REPORT_INTERVAL", 0)
    table.execute("ANALYZE t")
    table.write(_1=NONE + COUNT_UP)
    apply(table, batch_pause=0.001)
    told = [e for e in table.events if isinstance(e, RowsDone)]
    assert [(e.rows, e.about) for e in told] == [(3, 10), (6, 10), (9, 10)]
    assert all(e.seconds_left is not None and e.seconds_left > 0 for e in told)


@pytest.mark.slow("processes")
def test_a_run_that_is_killed_goes_on_behind_its_last_batch(
    table: Place, project: Project
) -> None:
    project.configure(table.settings, BACKFILL_BATCH=2, BACKFILL_PAUSE="0.2s")
    project.write("migrations/1.sql", NONE + COUNT_UP)
    project.manage("schemahash")
    command = [sys.executable, "-m", "django", "schemaapply", "--allow-dirty"]
    with subprocess.Popen(
        [*command, "--no-signals"],
        cwd=project.base,
        env=project.make_environment(),
        stdout=subprocess.DEVNULL,
    ) as process:
        counted = "SELECT count(*) FROM t WHERE n = 1"
        assert wait_until(lambda: table.execute(counted) > [(2,)])
        process.kill()
    assert table.execute("SELECT count(*) FROM t WHERE n = 0") > [(0,)]
    status = project.manage("schemastatus")
    assert re.search(
        r"\[ \] 1\.sql  [2468] rows of a statement in batches done", status.out
    )
    again = project.manage("schemaapply", "--no-signals")
    assert again.code == 0, again.err
    assert table.execute("SELECT DISTINCT n FROM t") == [(1,)]


FAILS_AT_7 = "ALTER TABLE t ADD CONSTRAINT c CHECK (n <> 1 OR id <> 7)"


def fail_at_7(place: Place, text: str = COUNT_UP) -> None:
    """Let batches end before row 7, and take away what they fail on."""
    place.execute(FAILS_AT_7)
    place.write(_1=NONE + text)
    with pytest.raises(StatementFailed):
        apply(place)
    place.execute("ALTER TABLE t DROP CONSTRAINT c")


def find_edited(place: Place) -> list[str]:
    warned = (e.message for e in place.events if isinstance(e, Warned))
    return [message for message in warned if batches.EDITED_WARNING in message]


@pytest.mark.parametrize(
    "text",
    [
        COUNT_UP.replace("id", "k"),
        COUNT_UP.replace("id", "id, k"),
        COUNT_UP.replace("-- batches: id\n", ""),
        f"BEGIN;\n{COUNT_UP}COMMIT;",
    ],
    ids=["another key", "a longer key", "no batches", "a transaction"],
)
def test_what_no_longer_runs_as_before_is_told(table: Place, text: str) -> None:
    table.execute("ALTER TABLE t ADD k integer; UPDATE t SET k = 11 - id")
    table.execute("ALTER TABLE t ADD UNIQUE (k), ADD UNIQUE (id, k)")
    fail_at_7(table)
    table.write(_1=NONE + text)
    apply(table)
    (told,) = find_edited(table)
    assert told.startswith("1.sql: 6 rows were done by batches of a statement that is")
    assert table.execute("SELECT sum(n) FROM t") == [(16,)]


def test_no_batches_any_more_is_told_in_a_transaction_too(table: Place) -> None:
    fail_at_7(table)
    table.write(_1=COUNT_UP)
    apply(table)
    assert len(find_edited(table)) == 1


def test_another_one_before_it_keeps_its_progress(table: Place) -> None:
    table.execute("ALTER TABLE t ADD m integer NOT NULL DEFAULT 0")
    fail_at_7(table)
    table.write(_1=f"{NONE}-- batches: id\nUPDATE t SET m = m + 1;\n{COUNT_UP}")
    apply(table)
    assert find_edited(table) == []
    assert table.execute("SELECT DISTINCT n, m FROM t") == [(1, 1)]


def test_a_key_of_another_type_begins_again(table: Place) -> None:
    fail_at_7(table)
    table.write(_1=f"{NONE}ALTER TABLE t ALTER id TYPE text;\n{COUNT_UP}")
    apply(table)
    warned = [e.message for e in table.events if isinstance(e, Warned)]
    assert warned == [f"1.sql:5: {batches.RETYPED_WARNING}"]
    assert table.execute("SELECT min(n) FROM t") == [(1,)]


@pytest.mark.parametrize("end", [" -- all rows\n;", "\n-- all rows\n;", " -- all rows"])
def test_a_comment_at_the_end_hides_no_condition(table: Place, end: str) -> None:
    table.write(_1=f"{NONE}-- batches: id\nUPDATE t SET n = n + 1{end}")
    apply(table)
    assert table.execute("SELECT DISTINCT n FROM t") == [(1,)]


def test_a_key_may_look_like_the_mark_of_the_row(pg_place: Place) -> None:
    pg_place.execute("CREATE TABLE t (id text PRIMARY KEY, n integer)")
    pg_place.execute(ROWS.replace("SELECT i", "SELECT i || ' -- session: {}'"))
    pg_place.execute(
        "ALTER TABLE t ADD CONSTRAINT c CHECK (n <> 1 OR id NOT LIKE '7%')"
    )
    pg_place.write(_1=NONE + COUNT_UP)
    with pytest.raises(StatementFailed):
        apply(pg_place, 2)
    pg_place.execute("ALTER TABLE t DROP CONSTRAINT c")
    apply(pg_place, 2)
    assert pg_place.execute("SELECT DISTINCT n FROM t") == [(1,)]


def test_a_statement_for_no_row_is_read_by_the_server(pg_place: Place) -> None:
    """So an empty database does not hide what fails on a full one."""
    pg_place.execute("CREATE TABLE t (id integer PRIMARY KEY)")
    pg_place.write(_1=NONE + COUNT_UP)
    with pytest.raises(StatementFailed, match="n"):
        apply(pg_place)


def test_a_file_that_is_marked_keeps_no_progress(
    table: Place, project: Project
) -> None:
    table.execute(FAILS_AT_7)
    project.configure(table.settings, BACKFILL_BATCH=3)
    project.write("migrations/1.sql", NONE + COUNT_UP)
    project.manage("schemahash")
    assert project.manage("schemaapply", "--allow-dirty", "--no-signals").code == 2
    assert project.manage("schemaset", "1").code == 0
    assert table.read_revisions()["1"].session_changes == ""


def test_an_error_shows_a_place_in_the_statement_or_none(table: Place) -> None:
    table.write(_1=f"{NONE}-- batches: id\nUPDATE gone\n   SET n = n + 1;")
    with pytest.raises(StatementFailed, match=r"^1\.sql:4: relation \"gone\" does not"):
        apply(table)
    table.write(_1=f"{NONE}-- batches: id\nUPDATE t SET n = 1\n WHERE gone;")
    with pytest.raises(StatementFailed, match=r"^1\.sql:5:8: column \"gone\" does not"):
        apply(table)
