"""How tests ended is read from pytest's own report, and compared test by test."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tools.takeovers.outcomes import (
    find_different_outcomes,
    format_outcomes,
    parse_outcomes,
)

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import pytest

@pytest.fixture
def broken():
    raise ValueError

@pytest.fixture
def broken_at_the_end():
    yield
    raise ValueError

def test_passes(): pass
def test_fails(): assert False
def test_is_skipped(): pytest.skip("x")
def test_cannot_begin(broken): pass
def test_fails_and_cannot_end(broken_at_the_end): assert False
@pytest.mark.parametrize("n", [1, 2])
def test_twice(n): assert n == 1
"""


@pytest.mark.slow("a process")
def test_a_report_of_pytest_is_read(tmp_path: Path) -> None:
    (tmp_path / "test_them.py").write_text(TESTS)
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:django"),
            *("--junitxml=report.xml", "test_them.py"),
        ],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert parse_outcomes((tmp_path / "report.xml").read_text()) == {
        "test_them::test_passes": "passed",
        "test_them::test_fails": "failed",
        "test_them::test_is_skipped": "skipped",
        "test_them::test_cannot_begin": "error",
        "test_them::test_fails_and_cannot_end": "error",
        "test_them::test_twice[1]": "passed",
        "test_them::test_twice[2]": "failed",
    }


def test_each_test_with_another_end_is_named() -> None:
    without = {"a": "passed", "b": "failed", "c": "skipped", "d": "passed"}
    under = {"a": "passed", "b": "passed", "c": "error", "e": "passed"}
    assert [*find_different_outcomes(without, under)] == [
        "b: failed without, passed under the takeover",
        "c: skipped without, error under the takeover",
        "d: passed without, not run under the takeover",
        "e: not run without, passed under the takeover",
    ]


def test_the_same_failure_both_ways_is_no_difference() -> None:
    assert [*find_different_outcomes({"a": "failed"}, {"a": "failed"})] == []


def test_outcomes_are_counted() -> None:
    ends = {"a": "passed", "b": "skipped", "c": "passed"}
    assert format_outcomes(ends) == "2 passed, 1 skipped"
