"""``python -m tools laws``: as many examples as asked for, and what they were."""

from __future__ import annotations

import pytest

from tests.fixtures.commands import run_tools

pytestmark = pytest.mark.slow("processes")


def test_a_law_sees_as_many_examples_as_asked_for() -> None:
    done = run_tools("laws", "--examples", "7", "--law", "differ_from_itself")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_a_schema_does_not_differ_from_itself" in done.stdout
    assert "7 passing, 0 failing" in done.stdout


def test_no_law_is_no_success() -> None:
    assert run_tools("laws", "--law", "no_such_law").returncode == 1
