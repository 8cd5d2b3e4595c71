"""What counts as lost, done twice, or claimed: pure, and on a real database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schema_migrations.history.revision import Revision
from tests.fixtures.fast import leave_out
from tools.faults.child import DONE, whole
from tools.faults.evidence import claims, differences, overclaimed, snapshot
from tools.faults.places import Database, fresh
from tools.faults.scenarios import SQLITE, File, Step, scenarios
from tools.faults.trial import arguments

STEPS = (Step(sql="A"), Step(sql="B", outside=True), Step(sql="C"))
FILES = (File(name="1_a", steps=STEPS),)


def row(applied: int, error: str = "") -> Revision:
    return Revision(
        version="1",
        applied=applied,
        total=3,
        error=error,
        executed_at=datetime(2025, 6, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("revision", "done", "said"),
    [
        (None, (False, False, False), []),
        (None, (True, False, False), ["1_a: statement 1 was done and is not recorded"]),
        (row(2), (True, True, False), []),
        (row(2), (True, None, False), []),
        (
            row(2),
            (True, False, False),
            ["1_a: statement 2 is claimed and was not done"],
        ),
        (
            row(1),
            (True, True, False),
            ["1_a: statement 2 was done and is not recorded"],
        ),
        (row(1, "not known"), (True, True, False), []),
        (
            row(2, "not known"),
            (True, True, True),
            ["1_a: statement 3 was done and is not recorded"],
        ),
    ],
)
def test_rows_claim_what_was_done_and_nothing_else(
    revision: Revision | None, done: tuple[bool | None, ...], said: list[str]
) -> None:
    rows = {"1": revision} if revision else {}
    assert list(overclaimed(FILES, rows, {"1": done})) == said


SCENARIO = scenarios(SQLITE)["none"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file of a database that the scenario was applied to."""
    leave_out("processes")
    folder = SCENARIO.write(tmp_path_factory.mktemp("faults") / "directory")
    with fresh(None) as database:
        child = whole(arguments(SCENARIO, folder), database.url)
        assert child.wait() == DONE, child.text
        yield database.folder / database.name


@pytest.fixture
def applied(made: Path, tmp_path: Path) -> Database:
    path = Path(shutil.copy(made, tmp_path / "database"))
    return Database(url=f"sqlite:///{path}", name=path.name, folder=tmp_path)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "INSERT INTO log SELECT what FROM log LIMIT 1",
            "the rows of log differ: 6 instead of 5; missing [], one too many [\"('104',)\"]",
        ),
        (
            "DELETE FROM log WHERE what = '404'",
            "the rows of log differ: 4 instead of 5; missing [\"('404',)\"], one too many []",
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
    applied: Database, sql: str, said: str
) -> None:
    before = snapshot(applied)
    assert list(differences(before, snapshot(applied))) == []
    with applied.opened() as connection, connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(differences(before, snapshot(applied))) == [said]


def test_a_claim_is_looked_for_in_the_database(applied: Database) -> None:
    assert list(claims(applied, SCENARIO.files)) == []
    with applied.opened() as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM log WHERE what = '205'")
        cursor.execute(
            "UPDATE atlas_schema_revisions SET applied = 4 WHERE version = 4"
        )
    assert list(claims(applied, SCENARIO.files)) == [
        "2_rows: statement 5 is claimed and was not done",
        "4_more: statement 5 was done and is not recorded",
    ]
