"""Judge how a broken run ended, and what it said was done.  Pure.

Invariant: what a run reports as done must be in the revisions, whatever breaks it.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Mapping

from schema_migrations.history.revision import Revision
from tools.faults.child import DONE, RETRY, Child
from tools.faults.points import STOP
from tools.faults.scenarios import Scenario
from tools.faults.steps import File

EXIT_CODES = {
    "kill": {DONE, -signal.SIGKILL},
    "term": {DONE, 143},
    "int": {DONE, 130},
    STOP: {DONE},
}
"""Exit codes of a run that is ended by a signal, or goes on after one; else it is done, or
a retry is safe."""

EDGE_EXIT_CODES = {"term": {-signal.SIGTERM}, "int": {1, -signal.SIGINT}}
"""More of them while Python starts or ends, before the first event or after the result."""

STAGES = (
    "before any statement",
    "in the first half",
    "in the second half",
    "at the end",
)


def find_stage(child: Child, scenario: Scenario) -> str:
    """Find out by its events how far a run has come."""
    events = Counter(event["event"] for event in child.list_events())
    if not events["statement_done"]:
        return STAGES[0]
    if events["file_done"] == len(scenario.files):
        return STAGES[3]
    is_first_half = 2 * events["statement_done"] < len(scenario.steps)
    return STAGES[1] if is_first_half else STAGES[2]


def has_lock(child: Child, scenario: Scenario) -> bool:
    """Tell whether a run must hold its lock, as far as its events show."""
    events = Counter(event["event"] for event in child.list_events())
    is_within = bool(events["planned"]) and events["file_done"] < len(scenario.files)
    return is_within and not scenario.gives_up_lock


def find_wrong_exits(
    fault: str, code: int, child: Child, scenario: Scenario
) -> Iterator[str]:
    """Describe an exit code that the fault does not explain, or a traceback."""
    allowed = EXIT_CODES.get(fault, {DONE, RETRY})
    if fault == STOP and scenario.gives_up_lock:
        allowed = {DONE, RETRY}
    at_edges = EDGE_EXIT_CODES.get(fault, set())
    if not child.list_events() or child.has_succeeded():
        allowed = allowed | at_edges
    if code not in allowed:
        yield f"the broken run ended with {code}: {last_lines_of(child)}"
    elif "Traceback" in child.text and code not in at_edges:
        yield f"the broken run showed a traceback: {child.text}"


def last_lines_of(child: Child) -> str:
    return " / ".join(child.text.splitlines()[-4:])


def find_unkept_reports(
    child: Child, code: int, scenario: Scenario, rows: Mapping[str, Revision]
) -> Iterator[str]:
    """Describe what a run said was done and the revisions do not count.

    A statement within a transaction is done when that has ended.
    """
    files = {file.version: file for file in scenario.files}
    modes = {
        event["version"]: event["mode"]
        for event in child.list_events()
        if event["event"] == "file_started"
    }
    for event in child.list_events():
        version = event.get("file", "").partition("_")[0]
        row = rows.get(version)
        counted = row.applied if row else 0
        if event["event"] == "file_done" and counted < len(files[version].steps):
            yield f"{event['file']} was reported as done and is not recorded"
        if event["event"] != "statement_done" or modes[version] != "none":
            continue
        number, file = event["number"], files[version]
        is_running = bool(row and row.error) and number == counted + 1
        if (
            number > counted
            and not _is_provisional(file, number)
            and not (is_running and file.steps[number - 1].is_outside_transaction)
        ):
            yield f"{event['file']}: statement {number} was reported as done and is not recorded"
    total = sum(len(file.steps) for file in scenario.files)
    if code == DONE and sum(row.applied for row in rows.values()) < total:
        yield "the run ended with 0, and not all of its statements are recorded"


def _is_provisional(file: File, number: int) -> bool:
    """Tell whether a statement begins a transaction of its file, is inside, or undoes it."""
    is_provisional = has_begun = False
    for step in file.steps[:number]:
        is_provisional = (has_begun or step.sql == "BEGIN") and step.sql != "COMMIT"
        has_begun = is_provisional and step.sql != "ROLLBACK"
    return is_provisional
