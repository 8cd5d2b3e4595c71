"""Thousands of files: twice as many are twice the work, whatever is found in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from schema_migrations.history.comparison import compare_history
from schema_migrations.history.directory import Directory, load, rehash, verify
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.integrity import find_directory_warnings
from schema_migrations.history.moved_files import MOST_TRIES, find_moved_files
from schema_migrations.history.origin import Destination
from schema_migrations.history.revision import Revision
from schema_migrations.history.standing import judge_history
from schema_migrations.history.statements import Syntax
from schema_migrations.history.sums import SumFile, compute_sums, format_sum_file
from tests.fixtures.work import count_calls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FEW = 200
NOW = datetime(2026, 1, 1, tzinfo=UTC)

NAMES = {
    "in order": "{number:05}_a.sql",
    "in pairs": "{half:05}_{number}.sql",
    "of one version": "1_{number}.sql",
    "without versions": "a{word}.sql",
    "some without versions": "{maybe}{number:05}.sql",
    "of several lengths": "{number}_a.sql",
    "undoing": "{number:05}_a.down.sql",
    "with dots": ".{number:05}_a.sql",
}


def make_files(count: int, name: str) -> tuple[MigrationFile, ...]:
    return tuple(
        MigrationFile(
            name=name.format(
                number=number,
                half=number // 2,
                word="x" * (number % 50) + "abcdefghij"[number % 10],
                maybe="" if number % 2 else "a_",
            ),
            content=b"SELECT %d;\n" % number,
        )
        for number in range(count)
    )


def make_rows(files: Sequence[MigrationFile]) -> list[Revision]:
    sums = compute_sums(files)
    return [
        Revision(
            version=file.version,
            description=file.description,
            applied=1,
            total=1,
            executed_at=NOW + timedelta(seconds=number),
            hash=sums.hash_of(file.name),
        )
        for number, file in enumerate(files)
    ]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("recorded", [0.0, 0.5, 1.0, 2.0])
def test_problems_of_files_are_found_one_by_one(name: str, recorded: float) -> None:
    """``recorded``: the part of the files that ``atlas.sum`` lists; 2: and as many more."""

    def count_work(count: int) -> int:
        files = make_files(count, name)
        listed = make_files(int(count * recorded), name)
        text = format_sum_file(compute_sums(listed))
        return count_calls(
            lambda: (
                Directory(path="d", files=files, sum_file_text=text).problems,
                find_directory_warnings(files, [file.name for file in files]),
            )
        )

    assert count_work(2 * FEW) < 2.5 * count_work(FEW)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_folder_is_read_file_by_file(name: str, tmp_path: Path) -> None:
    def count_work(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        for number, file in enumerate(make_files(count, name)):
            (folder / file.name).write_bytes(file.content)
            (folder / f"{number}.SQL").touch()
        rehash(folder)
        return count_calls(lambda: load(folder))

    assert count_work(2 * FEW) < 2.5 * count_work(FEW)


@pytest.mark.parametrize("applied", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("first", [0, 1])
def test_a_history_is_compared_row_by_row(applied: float, first: int) -> None:
    """``applied``: the part of the files that is; 2: and as many that are missing.

    ``first``: the row from which on there are rows.
    """

    def count_work(count: int) -> int:
        files = make_files(2 * count, NAMES["in order"])
        rows = make_rows(files)[first : int(count * applied)]
        return count_calls(
            lambda: judge_history(
                compare_history(files[:count], rows),
                Syntax(),
                Destination(name="here", engine="PostgreSQL"),
            )
        )

    assert count_work(2 * FEW) < 2.5 * count_work(FEW)


def test_each_row_is_not_compared_with_each_file_of_another_history() -> None:
    def count_work(count: int) -> int:
        rows = make_rows(make_files(count, "1{number:05}_a.sql"))
        others = make_files(2 * count, "2{number:05}_a.sql")[count:]
        return count_calls(lambda: find_moved_files(others, rows))

    assert MOST_TRIES < 600 * 600
    assert count_work(1200) < 2.5 * count_work(600)


def test_many_files_that_were_renamed_are_found() -> None:
    rows = make_rows(make_files(600, "1{number:05}_a.sql"))
    files = make_files(600, "2{number:05}_a.sql")
    assert [each.file for each in find_moved_files(files, rows)] == [*files]


def test_files_are_hashed_once() -> None:
    """Several steps of a run ask whether the directory is intact."""
    files = make_files(FEW, NAMES["in order"])
    text = format_sum_file(compute_sums(files))
    directory = Directory(path="d", files=files, sum_file_text=text)
    verify(directory)

    def ask_again() -> SumFile:
        verify(directory)
        return directory.computed_sums

    assert count_calls(ask_again) < FEW
