"""What counts as lost, done twice, or recorded but not done: pure, and on a database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schema_migrations.history.revision import Revision
from tests.fixtures.fast import leave_out
from tools.clients import describe_gap
from tools.faults.child import DONE, start_run
from tools.faults.databases import Database, create_database
from tools.faults.evidence import (
    compare_claims,
    find_differences,
    find_wrong_claims,
    take_snapshot,
)
from tools.faults.scenarios import make_scenarios
from tools.faults.steps import SQLITE, File, Step
from tools.faults.trial import options_for

STEPS = (Step(sql="A"), Step(sql="B", is_outside_transaction=True), Step(sql="C"))
FILES = (File(name="1_a", steps=STEPS),)


def make_revision(applied: int, error: str = "") -> Revision:
    return Revision(
        version="1",
        applied=applied,
        total=3,
        error=error,
        executed_at=datetime(2025, 6, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("revision", "effects", "problems"),
    [
        (None, (False, False, False), []),
        (None, (True, False, False), ["1_a: statement 1 was done and is not recorded"]),
        (make_revision(2), (True, True, False), []),
        (make_revision(2), (True, None, False), []),
        (
            make_revision(2),
            (True, False, False),
            ["1_a: statement 2 is recorded and was not done"],
        ),
        (
            make_revision(1),
            (True, True, False),
            ["1_a: statement 2 was done and is not recorded"],
        ),
        (make_revision(1, "not known"), (True, True, False), []),
        (
            make_revision(2, "not known"),
            (True, True, True),
            ["1_a: statement 3 was done and is not recorded"],
        ),
    ],
)
def test_rows_claim_what_was_done_and_nothing_else(
    revision: Revision | None, effects: tuple[bool | None, ...], problems: list[str]
) -> None:
    rows = {"1": revision} if revision else {}
    assert list(compare_claims(FILES, rows, {"1": effects})) == problems


SCENARIO = make_scenarios(SQLITE)["none"]


@pytest.fixture(scope="module")
def applied_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of a SQLite database that the scenario was applied to."""
    leave_out("processes")
    folder = SCENARIO.write(tmp_path_factory.mktemp("faults") / "directory")
    with create_database(None) as database:
        child = start_run(options_for(SCENARIO, folder), database.url)
        assert child.wait() == DONE, child.text
        yield database.folder / database.name


@pytest.fixture
def applied_database(applied_path: Path, tmp_path: Path) -> Database:
    """A copy that a test may change."""
    path = Path(shutil.copy(applied_path, tmp_path / "database"))
    return Database(url=f"sqlite:///{path}", name=path.name, folder=tmp_path)


@pytest.mark.parametrize(
    ("sql", "difference"),
    [
        (
            "INSERT INTO log SELECT what FROM log LIMIT 1",
            "the rows of log differ: 6 instead of 5; missing [], surplus [\"('104',)\"]",
        ),
        (
            "DELETE FROM log WHERE what = '404'",
            "the rows of log differ: 4 instead of 5; missing [\"('404',)\"], surplus []",
        ),
        ("DROP INDEX part_item_id", "the schema differs: Drop index part_item_id"),
        (
            "UPDATE atlas_schema_revisions SET partial_hashes = '[\"h\"]' WHERE version = 2",
            "the revision 2 differs: partial_hashes is ('h',) instead of ()",
        ),
        (
            "DELETE FROM atlas_schema_revisions WHERE version = 4",
            "the revision 4 is missing",
        ),
    ],
)
def test_what_differs_from_an_undisturbed_run_is_named(
    applied_database: Database, sql: str, difference: str
) -> None:
    before = take_snapshot(applied_database)
    assert list(find_differences(before, take_snapshot(applied_database))) == []
    with (
        applied_database.open_connection() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    found = list(find_differences(before, take_snapshot(applied_database)))
    assert difference in found
    others = [each for each in found if each != difference]
    assert bool(others) is ("index" in difference)
    assert all(each.startswith("the catalog differs: ") for each in others)


def test_what_no_pg_dump_has_compared_is_a_difference(
    applied_database: Database,
) -> None:
    before = take_snapshot(applied_database)
    unread = replace(before, unread_major=999)
    assert list(find_differences(before, unread)) == [describe_gap(999)]


def test_a_claim_is_looked_for_in_the_database(applied_database: Database) -> None:
    assert list(find_wrong_claims(applied_database, SCENARIO.files)) == []
    with (
        applied_database.open_connection() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM log WHERE what = '205'")
        cursor.execute(
            "UPDATE atlas_schema_revisions SET applied = 4 WHERE version = 4"
        )
    assert list(find_wrong_claims(applied_database, SCENARIO.files)) == [
        "2_rows: statement 5 is recorded and was not done",
        "4_more: statement 5 was done and is not recorded",
    ]
