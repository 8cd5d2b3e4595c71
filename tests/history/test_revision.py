"""How a revision changes while its file runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schema_migrations.history.file import MigrationFile
from schema_migrations.history.revision import (
    BASELINE,
    EXECUTE,
    HASHES_AHEAD,
    RESOLVED,
    Revision,
    advance_revision,
    create_baseline,
    fail_revision,
    finish_revision,
    start_revision,
)

NOW = datetime(2025, 6, 1, tzinfo=UTC)
LATER = datetime(2025, 6, 2, tzinfo=UTC)
HASHES = ("h1:a", "h1:b", "h1:c")
FILE = MigrationFile(name="1_add_a.sql", content=b"")


def test_a_file_runs_from_start_to_end() -> None:
    """Row by row, as the table shows it."""
    row = start_revision(
        FILE, total=2, file_hash="H", now=NOW, operator="x 1", execution_time=3
    )
    assert row == Revision(
        version="1",
        description="add_a",
        total=2,
        executed_at=NOW,
        execution_time=3,
        hash="H",
        operator_version="x 1",
    )
    assert (row.type, row.done, row.has_effect) == (EXECUTE, False, False)
    row = advance_revision(row, partial_hashes=HASHES)
    assert (row.applied, row.partial_hashes, row.has_effect) == (1, ("h1:a",), True)
    row = fail_revision(
        row, error="no such table", statement="SELECT 2", execution_time=5
    )
    assert (row.failed, row.error_stmt, row.execution_time) == (True, "SELECT 2", 5)
    again = start_revision(
        FILE,
        total=3,
        file_hash="I",
        now=LATER,
        operator="x 2",
        execution_time=0,
        previous=row,
    )
    assert again.execution_time > row.execution_time, "the run shows in the row"
    assert (again.executed_at, again.total, again.hash) == (NOW, 3, "I")
    assert (again.applied, again.operator_version) == (1, "x 2")
    assert again.error == "no such table"
    row = advance_revision(again, partial_hashes=HASHES)
    assert (row.error, row.error_stmt, row.done) == ("", "", False)
    assert row.partial_hashes == ("h1:a", "h1:b")
    # A run may be killed before it tells that the file is done.
    row = advance_revision(row, partial_hashes=HASHES)
    assert (row.applied, row.partial_hashes, row.done) == (3, (), True)
    row = finish_revision(row, execution_time=7)
    assert (row.applied, row.total, row.partial_hashes) == (3, 3, ())
    assert (row.done, row.failed, row.execution_time) == (True, False, 7)


def test_the_hashes_of_a_long_file_are_written_in_blocks() -> None:
    """Of those that come next, too; a failure leaves those of the statements done."""
    hashes = tuple(f"h1:{number}" for number in range(3 * HASHES_AHEAD))
    row = start_revision(
        FILE,
        total=len(hashes),
        file_hash="H",
        now=NOW,
        operator="x 1",
        execution_time=3,
    )
    written = []
    for _ in hashes[:-1]:
        before, row = row, advance_revision(row, partial_hashes=hashes)
        assert row.partial_hashes[: row.applied] == hashes[: row.applied]
        if row.partial_hashes is not before.partial_hashes:
            written.append(len(row.partial_hashes))
    assert written == [*range(1, HASHES_AHEAD + 1), 2 * HASHES_AHEAD, 3 * HASHES_AHEAD]
    failed = fail_revision(row, error="x", statement="SELECT 1", execution_time=1)
    assert failed.partial_hashes == hashes[:-1]
    begun = fail_revision(row, error="x", statement="SELECT 1")
    assert begun.partial_hashes is row.partial_hashes, "so that it is not written again"


@pytest.mark.parametrize(
    ("kind", "applied", "total", "done"),
    [
        (EXECUTE, 0, 0, True),
        (EXECUTE, 0, 1, False),
        (EXECUTE, 1, 2, False),
        (EXECUTE, 4, 3, True),
        (RESOLVED, 0, 0, True),
        (EXECUTE | RESOLVED, 1, 2, True),
        (BASELINE, 0, 0, True),
    ],
)
def test_done_means_nothing_is_left_to_run(
    kind: int, applied: int, total: int, done: bool
) -> None:
    """Marked by hand counts; so does Atlas's 4 of 3, a file mended half-way."""
    row = Revision(
        version="1", type=kind, applied=applied, total=total, executed_at=NOW
    )
    assert row.done is done


def test_baseline_row_ran_nothing() -> None:
    """Its hash tells what it stood for."""
    row = create_baseline(FILE, file_hash="H", now=NOW, operator="x 1")
    assert (row.type, row.applied, row.total, row.hash) == (BASELINE, 0, 0, "H")
    assert (row.version, row.description, row.done) == ("1", "add_a", True)
