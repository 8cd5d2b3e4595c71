"""The one answer to where a database stands: what stops a run, what failed, what is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.errors import FilesEdited
from schema_migrations.history.comparison import (
    ExecOrder,
    HistoryComparison,
    compare_history,
)
from schema_migrations.history.revision import Revision
from schema_migrations.history.standing import Problem, Verdict, judge_history
from schema_migrations.history.statements import compute_partial_hashes
from schema_migrations.management.hints import hint_of
from tests.history.test_comparison import HERE, files, rows


def refusal(state: HistoryComparison) -> Problem:
    problem = judge_history(state, SYNTAX, HERE).problem
    assert problem is not None
    return problem


def test_late_files_stop_a_linear_apply() -> None:
    """All are named, and the two ways on; other orders allow them."""
    args = files("1 2 3 4"), rows("1", "4")
    error = refusal(compare_history(*args))
    assert "out of order: 2_x.sql, 3_x.sql" in error.message
    assert "already at 4" in error.message
    assert "EXEC_ORDER non-linear" in error.hint
    assert (
        judge_history(
            compare_history(*args, exec_order="linear-skip"), SYNTAX, HERE
        ).problem
        is None
    )
    assert (
        judge_history(
            compare_history(*args, exec_order="non-linear"), SYNTAX, HERE
        ).problem
        is None
    )


@pytest.mark.parametrize("versions", ["1 3", "1"])
def test_half_applied_file_that_is_gone_stops_an_apply(versions: str) -> None:
    """Whether the directory goes on after it or not."""
    error = refusal(compare_history(files(versions), rows("1", "2:1/3")))
    assert "version 2 () is half applied (1 of 3 statements)" in error.message
    assert "Restore the file" in error.hint


def test_applied_files_that_are_gone_or_edited_stop_an_apply() -> None:
    lost = refusal(compare_history(files("1 3 4"), rows("1", "2", "3")))
    assert "their files are missing: 2" in lost.message
    found = rows("1", of=files("1"))
    edited = refusal(compare_history(files("1 2", v1="DROP"), found))
    assert "edited after they were applied to this database: 1_x.sql" in edited.message
    newer = compare_history(files("1"), rows("1", "2"))
    assert judge_history(newer, SYNTAX, HERE).verdict == "ok"


def test_a_directory_of_other_files_is_told_from_a_branch() -> None:
    """Somebody who named the wrong folder must not forget the history."""
    doubt = "Is it the\nright one? Check DIR and --dir."
    other = refusal(compare_history(files(""), rows("1", "2")))
    assert doubt in hint_of(other)
    branch = refusal(compare_history(files("1 3 4"), rows("1", "2", "3")))
    assert doubt not in hint_of(branch)


def test_ignored_file_cannot_be_applied() -> None:
    """It has no hash to record."""
    state = compare_history(files("1", v1="-- atlas:sum ignore\nSELECT 1;"), [])
    assert "1_x.sql is marked 'atlas:sum ignore'" in refusal(state).message


HALF = "SELECT 1;\nSELECT 2;\n-- words\nSELECT 3;\nSELECT 4;\n"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (HALF, ""),
        ("-- only a comment\n\n" + HALF.replace("words", "other words"), ""),
        (HALF.replace("SELECT 3", "SELECT 33") + "SELECT 5;", ""),
        (HALF.replace("SELECT 2", "SELECT 22"), "1_x.sql:2: statement 2 was changed"),
        ("SELECT 0;\n" + HALF, "1_x.sql:1: statement 1 was changed"),
        (
            "SELECT 1;",
            "2 statements of 1_x.sql already ran, but the file now has only 1",
        ),
    ],
)
def test_statements_already_run_must_be_unchanged(now: str, words: str) -> None:
    """The file's rest may be mended; comments are nobody's business."""
    hashes = compute_partial_hashes(files("1", v1=HALF)[0].split_statements(SYNTAX))[:2]
    row = replace(rows("1:2/4")[0], partial_hashes=hashes)
    state = compare_history(files("1", v1=now), [row])
    if words:
        error = refusal(state)
        assert words in error.message
        assert "schemahash" in error.hint
    else:
        assert judge_history(state, SYNTAX, HERE).problem is None


def test_without_partial_hashes_only_the_count_is_compared() -> None:
    """Atlas drops them when it takes a file for complete, and so may be wrong."""
    assert (
        judge_history(
            compare_history(files("1", v1=HALF), rows("1:2/9")), SYNTAX, HERE
        ).problem
        is None
    )
    state = compare_history(files("1"), rows("1:2/9"))
    assert "already ran" in refusal(state).message


def failed(*words: str) -> list[Revision]:
    """Return rows of which the unfinished ones have an error."""
    return [
        row if row.done else replace(row, error="refused", error_stmt="SELECT nope")
        for row in rows(*words)
    ]


@pytest.mark.parametrize(
    ("versions", "history", "order", "verdict", "failed_version"),
    [
        ("1 2", "1 2:0/1", "linear", "failed", "2"),
        ("1 2", "1 2:1/2", "linear", "failed", "2"),
        ("1 3", "1 2:0/1 3", "linear", "ok", ""),  # failed, deleted and replaced
        ("1 3", "1 2:0/1", "linear", "pending", ""),
        ("1", "1 2:0/1", "linear", "ok", ""),
        ("1 2 3", "1 2:0/1 3", "linear", "out-of-order", ""),
        ("1 2 3", "1 2:0/1 3", "linear-skip", "ok", ""),
        ("1 2 3", "1 2:0/1 3", "non-linear", "failed", "2"),
        ("1 2 3", "1:0/1 2b:0/0 3", "linear", "ok", ""),  # before the baseline
        ("1 3", "1 2:1/2 3", "linear", "missing", ""),
    ],
)
def test_only_a_file_that_will_run_again_has_failed(
    versions: str, history: str, order: ExecOrder, verdict: Verdict, failed_version: str
) -> None:
    revisions = failed(*history.split())
    state = compare_history(files(versions), revisions, exec_order=order)
    standing = judge_history(state, SYNTAX, HERE)
    row = standing.failed_revision
    assert (standing.verdict, row.version if row else "") == (verdict, failed_version)


@pytest.mark.parametrize(
    ("versions", "history", "accepted"),
    [("1 2 3", "1 2", "2"), ("1 2 3", "1 3", ""), ("1 2", "1 2 3", "")],
)
def test_a_version_is_proposed_only_where_marking_it_says_nothing_else(
    versions: str, history: str, accepted: str
) -> None:
    found = rows(*history.split(), of=files("1 2 3"))
    state = compare_history(files(versions, v1="DROP"), found)
    problem = refusal(state)
    assert isinstance(problem, FilesEdited)
    assert problem.accepted_version == accepted
