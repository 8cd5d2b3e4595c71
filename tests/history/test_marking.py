"""The table of what marking by hand writes and deletes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.history.comparison import compare_history
from schema_migrations.history.marking import Marking, plan_marking
from schema_migrations.history.revision import EXECUTE, RESOLVED, Revision
from schema_migrations.history.standing import judge_history
from schema_migrations.history.sums import compute_sums
from tests.history.test_comparison import HERE, files, rows

NOW = datetime(2025, 7, 1, tzinfo=UTC)

TABLE: list[tuple[str, str, str, dict[str, str]]] = [
    # files, rows, version → what is written (and why), what is deleted (and why)
    ("1 2 3", "", "2", {"not run": "1 2"}),
    ("1 2 3", "1", "3", {"not run": "2 3"}),
    ("1 2 3", "1 2", "2", {}),
    ("1 2 3", "1 2 3", "1", {"newer": "2 3"}),
    ("1 2 3", "1 2 3", "", {"newer": "1 2 3"}),
    ("", "1", "", {"newer": "1"}),
    # Half applied: that row, and those before it; Atlas mends only the last.
    ("1 2 3", "1 2:1/2", "2", {"not finished": "2"}),
    ("1 2 3", "1 2:1/2", "3", {"not finished": "2", "not run": "3"}),
    ("1 2 3", "1 2:1/2", "1", {"newer": "2"}),
    ("1 2 3", "1 2:0/2", "2", {"not finished": "2"}),
    ("1 2 3", "1 2r:1/2", "2", {"not finished": "2"}),
    # Late files count as applied as well, or else the next apply would refuse.
    ("1 2 3 4", "1 3", "3", {"not run": "2"}),
    ("1 2 3 4", "1 3", "4", {"not run": "2 4"}),
    ("1 2 3 4", "1 4", "3", {"not run": "2 3", "newer": "4"}),
    ("1 2 3", "2 3", "3", {"not run": "1"}),
    # Failed without a trace, and then another one: only the file before is history.
    ("1 2 3", "1 3:0/2", "3", {"not run": "2", "not finished": "3"}),
    # What a baseline or a checkpoint passed over stays so.
    ("1 2 3 4", "2b:0/0 3", "4", {"not run": "4"}),
    ("1 2 3", "2b:0/0 3", "1", {"not run": "1", "newer": "2 3"}),
    ("1 2c 3", "2", "3", {"not run": "3"}),
    ("1 2c 3", "1", "3", {"not run": "2 3"}),
    ("1 2c 3", "1 3", "3", {}),
    ("1 2c 3", "", "3", {"not run": "1 2 3"}),
    # Files that are gone; those folded into a checkpoint are not missed.
    ("1 3", "1 2 3", "3", {"file is gone": "2"}),
    ("1 3", "1 2:1/2", "3", {"not run": "3", "file is gone": "2"}),
    ("1 3", "1 2:0/2", "3", {"not run": "3", "file is gone": "2"}),
    # Renamed to an older version: nothing says any more that it was passed over.
    ("0 2", "1 2", "2", {"not run": "0", "file is gone": "1"}),
    ("0 2 3", "1 2", "3", {"not run": "0 3", "file is gone": "1"}),
    ("0 2b", "1 2b:0/0", "2", {"file is gone": "1"}),
    ("3c 4", "1 2 4", "4", {}),
    ("1 3", "2b:0/0 3", "3", {}),
    # The database is ahead of the directory.
    ("1 2", "1 2 3", "2", {"newer": "3"}),
]


def mark(versions: str, history: list[Revision], until: str) -> Marking:
    there = files(versions)
    last = next((file for file in there if file.version == until), None)
    return plan_marking(there, history, last=last, now=NOW, operator="me")


def shown(found: Marking) -> dict[str, str]:
    said: dict[str, str] = {}
    for each in (*found.written, *found.deleted):
        words = [said[each.reason]] if each.reason in said else []
        said[each.reason] = " ".join([*words, each.revision.version])
    return said


def after(history: list[Revision], found: Marking) -> list[Revision]:
    left = {row.version: row for row in history}
    left |= {each.revision.version: each.revision for each in found.written}
    for each in found.deleted:
        del left[each.revision.version]
    return list(left.values())


@pytest.mark.parametrize(("versions", "history", "until", "expected"), TABLE)
def test_what_is_written_and_deleted(
    versions: str, history: str, until: str, expected: dict[str, str]
) -> None:
    assert shown(mark(versions, rows(*history.split()), until)) == expected


@pytest.mark.parametrize(("versions", "history", "until", "expected"), TABLE)
def test_afterwards_exactly_the_later_files_are_pending(
    versions: str, history: str, until: str, expected: dict[str, str]
) -> None:
    before = rows(*history.split())
    left = after(before, mark(versions, before, until))
    there = files(versions)
    state = compare_history(there, left)
    assert judge_history(state, SYNTAX, HERE).problem is None
    assert not (*state.missing, *state.ahead, *state.abandoned, *state.edited)
    later = [file.version for file in there if file.version > until]
    if left:  # a fresh database starts at the last checkpoint
        assert [each.file.version for each in state.pending] == later
    assert not mark(versions, left, until)


def test_what_a_row_holds() -> None:
    there = files("1 2")
    found = plan_marking(
        there, rows("1:1/3"), last=there[1], now=NOW, operator="me"
    ).written
    mended, new = (each.revision for each in found)
    assert (mended.type, mended.applied, mended.total) == (EXECUTE | RESOLVED, 3, 3)
    assert mended.done
    (over,) = mark("1", rows("1:3/2"), "1").written
    assert (over.revision.applied, over.revision.total) == (3, 3)
    assert (new.type, new.applied, new.total) == (RESOLVED, 0, 0)
    assert (new.executed_at, new.operator_version) == (NOW, "me")
    assert (new.description, new.hash) == ("x", compute_sums(there).hash_of("2_x.sql"))


def test_an_edited_file_and_those_after_it_are_taken_as_they_are() -> None:
    there = files("1 2 3")
    history = rows("1", "2", "3", of=files("1 2 3", v2="SELECT 22;\n"))
    found = plan_marking(there, history, last=there[2], now=NOW, operator="me")
    assert shown(found) == {"edited": "2 3"}
    left = after(history, found)
    assert not compare_history(there, left).edited
    assert [row.hash for row in left] == [
        digest for _, digest in compute_sums(there).entries
    ]


def test_a_file_that_came_late_and_was_run_is_not_edited() -> None:
    there = files("1 2 3")
    late = rows("1", "3", of=files("1 3"))
    second = rows("1", "3", "2", of=there)[2]
    history = [late[0], second, late[1]]
    assert not plan_marking(there, history, last=there[2], now=NOW, operator="me")


def test_files_after_one_that_is_gone_are_not_taken_for_edited_afterwards() -> None:
    """Their hashes cover the file that is gone."""
    there = files("1 3")
    history = rows("1", "2", "3", of=files("1 2 3"))
    found = plan_marking(there, history, last=there[1], now=NOW, operator="me")
    assert shown(found) == {"rehashed": "3", "file is gone": "2"}
    assert not compare_history(there, after(history, found)).edited
