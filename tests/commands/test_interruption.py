"""What an interrupted run left, told from its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema_migrations.management.output.interruption import describe_interruption
from schema_migrations.workflows.applying.events import (
    Event,
    FileDone,
    FileStarted,
    StatementDone,
)

if TYPE_CHECKING:
    from schema_migrations.conf import TxMode


def started(file: str, *, total: int, mode: TxMode = "file", start: int = 0) -> Event:
    return FileStarted(file=file, version=file[0], mode=mode, start=start, total=total)


def ran(file: str, number: int, sql: str = "SELECT 1") -> Event:
    return StatementDone(file=file, number=number, total=9, sql=sql, seconds=0.1)


def done(file: str) -> Event:
    return FileDone(file=file, version=file[0], statements=1, seconds=0.1)


CASES: list[tuple[list[Event], list[str]]] = [
    ([], ["Nothing was run."]),
    ([started("1.sql", total=2)], ["Undone   1.sql: rolled back"]),
    ([started("1.sql", total=2), ran("1.sql", 1)], ["Undone   1.sql: rolled back"]),
    (
        [started("1.sql", total=1), ran("1.sql", 1)],
        ["Unknown  whether 1.sql was committed"],
    ),
    ([started("1.sql", total=1), done("1.sql")], ["Stays    1.sql"]),
    (
        [
            *(
                each
                for n in range(5)
                for each in (started(f"{n}.sql", total=1), done(f"{n}.sql"))
            ),
            started("7.sql", total=2),
        ],
        ["Stays    5 files, 0.sql to 4.sql", "Undone   7.sql: rolled back"],
    ),
    (
        [started("1.sql", total=3, mode="none", start=1)],
        ["Stays    1 of 3 statements of 1.sql; statement 2 was running"],
    ),
    (
        [
            started("1.sql", total=4, mode="none"),
            ran("1.sql", 1, "BEGIN"),
            ran("1.sql", 2),
            ran("1.sql", 3, "COMMIT"),
        ],
        ["Stays    3 of 4 statements of 1.sql; statement 4 was running"],
    ),
    (
        [
            started("1.sql", total=4, mode="none"),
            ran("1.sql", 1),
            ran("1.sql", 2, "BEGIN"),
        ],
        ["Stays    1 of 4 statements of 1.sql; statement 2 was running"],
    ),
    (
        [started("1.sql", total=2, mode="none"), ran("1.sql", 1), ran("1.sql", 2)],
        ["Stays    2 of 2 statements of 1.sql"],
    ),
]


@pytest.mark.parametrize(("events", "expected"), CASES)
def test_the_lines(events: list[Event], expected: list[str]) -> None:
    assert list(describe_interruption(events)) == expected
