"""What a run has said must be in the revisions, and its exit code must fit the fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from schema_migrations.history.revision import Revision
from tools.faults.child import DONE, RETRY, Child
from tools.faults.reports import find_unkept_reports, find_wrong_exits, has_lock
from tools.faults.scenarios import Scenario
from tools.faults.steps import File, Step

STEPS = (
    Step(sql="A"),
    Step(sql="BEGIN"),
    Step(sql="B"),
    Step(sql="COMMIT"),
    Step(sql="VACUUM", is_outside_transaction=True),
    Step(sql="BEGIN"),
    Step(sql="C"),
    Step(sql="ROLLBACK"),
    Step(sql="D"),
)
SCENARIO = Scenario(name="own", files=(File(name="1_a", steps=STEPS),))
STARTED = {"event": "file_started", "version": "1", "mode": "none"}
PLANNED = {"event": "planned"}
FILE_DONE = {"event": "file_done", "file": "1_a.sql"}


def make_child(*events: Mapping[str, object]) -> Child:
    lines = "".join(f"{json.dumps(each)}\n" for each in events)
    return Child(pid=0, output_pipe=-1, output=lines.encode())


def make_revision(applied: int, error: str = "") -> Revision:
    moment = datetime(2025, 6, 1, tzinfo=UTC)
    return Revision(
        version="1", applied=applied, total=9, error=error, executed_at=moment
    )


@pytest.mark.parametrize(
    ("number", "row", "is_kept"),
    [
        (1, make_revision(1), True),
        (1, make_revision(0), False),
        (1, None, False),
        (2, make_revision(1), True),
        (3, make_revision(1), True),
        (4, make_revision(1), False),
        (4, make_revision(4), True),
        (5, make_revision(4), False),
        (5, make_revision(4, "not known"), True),
        (8, make_revision(5), True),
        (9, make_revision(8), False),
    ],
)
def test_a_statement_that_was_reported_is_recorded(
    number: int, row: Revision | None, is_kept: bool
) -> None:
    """Within a transaction of the file's own, the end of that is what counts."""
    done = {"event": "statement_done", "file": "1_a.sql", "number": number}
    rows = {"1": row} if row else {}
    problem = f"1_a.sql: statement {number} was reported as done and is not recorded"
    found = list(find_unkept_reports(make_child(STARTED, done), 137, SCENARIO, rows))
    assert found == ([] if is_kept else [problem])


def test_a_file_that_was_reported_is_recorded() -> None:
    child = make_child(STARTED, FILE_DONE)
    rows = {"1": make_revision(8)}
    assert list(find_unkept_reports(child, RETRY, SCENARIO, rows)) == [
        "1_a.sql was reported as done and is not recorded"
    ]
    rows = {"1": make_revision(9)}
    assert list(find_unkept_reports(child, DONE, SCENARIO, rows)) == []


def test_a_run_that_ends_with_0_has_recorded_all() -> None:
    assert list(find_unkept_reports(make_child(), DONE, SCENARIO, {})) == [
        "the run ended with 0, and not all of its statements are recorded"
    ]


@pytest.mark.parametrize(
    ("fault", "code", "is_right"),
    [
        ("kill", -9, True),
        ("kill", 5, False),
        ("stop", 0, True),
        ("stop", 5, False),
        ("cut", 5, True),
        ("cut", 2, False),
    ],
)
def test_an_exit_code_fits_the_fault(fault: str, code: int, is_right: bool) -> None:
    child = make_child(PLANNED)
    assert (list(find_wrong_exits(fault, code, child, SCENARIO)) == []) is is_right


@pytest.mark.parametrize(
    ("events", "holds"),
    [((), False), ((PLANNED, STARTED), True), ((PLANNED, STARTED, FILE_DONE), False)],
)
def test_a_run_has_the_lock_from_its_plan_to_its_last_file(
    events: tuple[Mapping[str, object], ...], holds: bool
) -> None:
    assert has_lock(make_child(*events), SCENARIO) is holds
