"""What a run prints with ``--format json`` is read, also when it is broken off."""

from __future__ import annotations

import pytest

from tools.faults.child import Child

DONE = '{"target": "x", "applied": [], "error": null}\n'
FAILED = '{"target": "x", "applied": [], "error": {"message": "no"}}\n'
RETRYING = '{"time": "1", "event": "retrying", "attempt": 1}\n'


def make_child(output: str) -> Child:
    return Child(pid=0, output_pipe=-1, output=output.encode())


def test_events_are_found_among_other_lines() -> None:
    child = make_child(f'{RETRYING}1\nTraceback\n{RETRYING}{FAILED}{{"event": "ret')
    assert [event["event"] for event in child.list_events()] == ["retrying"] * 2


@pytest.mark.parametrize(
    ("output", "has_succeeded"),
    [
        (RETRYING, False),
        (RETRYING + FAILED, False),
        (RETRYING + DONE[:-3], False),
        (RETRYING + DONE, True),
    ],
)
def test_a_run_has_succeeded_when_its_result_has_no_error(
    output: str, has_succeeded: bool
) -> None:
    assert make_child(output).has_succeeded() is has_succeeded
