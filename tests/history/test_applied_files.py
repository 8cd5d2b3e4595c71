"""Which files a database has, whatever way its history took."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.history.applied_files import AppliedFiles, find_applied_files
from schema_migrations.history.comparison import compare_history
from schema_migrations.history.standing import judge_history
from tests.history.test_comparison import HERE, files, rows


def found(there: str, *history: str, **texts: str) -> AppliedFiles:
    directory, revisions = files(there, **texts), rows(*history)
    standing = judge_history(compare_history(directory, revisions), SYNTAX, HERE)
    return find_applied_files(directory, revisions, standing)


def versions(result: AppliedFiles) -> str:
    return " ".join(file.version for file in result.files)


@pytest.mark.parametrize(
    ("there", "history", "expected"),
    [
        ("1 2 3", ("1", "2"), "1 2"),
        ("1 2 3", ("2b",), "1 2"),
        ("1 2 3 4", ("2b", "3"), "1 2 3"),
        ("1 2c 3", ("2", "3"), "2 3"),
        ("1 2 3c 4", ("3b", "4"), "3 4"),
        ("1 2 3c 4", ("1", "2", "4"), "1 2 4"),  # a checkpoint is passed over
        ("3c 4", ("1", "2", "4"), "3 4"),  # it stands for files that are gone
        ("1 2 3", ("1", "3"), "1 3"),  # out of order
        ("1 2 3", ("2", "3"), "2 3"),  # the first one came late
        ("1 2 3", ("2r", "3"), "1 2 3"),
        ("1 2", ("1", "2:0/3"), "1"),  # an attempt that left nothing
        ("1 2", ("1:0/3",), "1 2"),  # no history: as after a baseline
        ("1 2c 3", (), "2 3"),
        ("", (), ""),
    ],
)
def test_the_files_of_a_database(
    there: str, history: tuple[str, ...], expected: str
) -> None:
    assert versions(found(there, *history)) == expected


def test_without_history_the_newest_is_assumed() -> None:
    assert found("1 2").assumed_baseline == "2"
    assert found("1 2", "1").assumed_baseline == ""


def test_a_file_that_was_begun_counts_as_far_as_it_went() -> None:
    result = found("1 2", "1", "2:2/3", v2="SELECT 1; SELECT 2; SELECT 3;")
    assert versions(result) == "1"
    assert result.partial_file is not None
    file, count = result.partial_file
    assert (file.version, count) == ("2", 2)


@pytest.mark.parametrize(
    ("there", "history", "reason"),
    [
        ("1 3", ("1", "2", "3"), "their files are missing: 2"),
        ("1", ("1", "2"), "version 2, which is newer than the directory"),
        ("2 3", ("1b", "2"), "version 1 is applied, but its file is missing"),
    ],
)
def test_nobody_can_tell(there: str, history: tuple[str, ...], reason: str) -> None:
    result = found(there, *history)
    assert reason in result.unknown_reason
    assert not result.files
