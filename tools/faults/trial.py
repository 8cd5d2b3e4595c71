"""Try one point: break a run there, check what is left, run again, and compare.

Invariant: whatever is wrong is in ``problems``; nothing but a bug here raises.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools.faults import evidence
from tools.faults.atlas import finish_with_atlas
from tools.faults.child import DONE, RETRY, Child, Stuck, fork_run, start_run
from tools.faults.databases import Database, create_database
from tools.faults.edits import find_unrefused_edits
from tools.faults.points import STOP, Measure, Point, key_of
from tools.faults.pooler import Pooler, run_pooler
from tools.faults.proxy import run_relay
from tools.faults.reports import (
    find_stage,
    find_unkept_reports,
    find_wrong_exits,
    last_lines_of,
)
from tools.faults.scenarios import Scenario
from tools.faults.server import Server
from tools.faults.striking import (
    hold_lock,
    inject_fault,
    run_beside,
    wait_for_trigger,
    wait_until_released,
)

CONNECTION_FAULTS = ("cut", "part", "unanswered")
MAX_RERUNS = 4
REMAINS = ("nothing", "a part", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What an undisturbed run of a scenario takes, and what it leaves."""

    scenario: Scenario
    folder: Path
    """The directory."""
    measure: Measure
    snapshot: evidence.Snapshot

    @property
    def options(self) -> list[str]:
        return options_for(self.scenario, self.folder)


@dataclass(kw_only=True)
class Trial:
    """What happened at a point."""

    point: Point
    was_struck: bool = False
    """The fault came before the run had ended."""
    stage: str = ""
    """How far the broken run had come: one of ``STAGES``."""
    remains: str = ""
    """What the broken run had recorded: one of ``REMAINS``; empty: not checked."""
    rerun_count: int = 0
    """How many runs it took to finish, broken ones not counted."""
    finished_statements: int = 0
    """How many statements our last run ran."""
    linger_seconds: float = 0.0
    """How long the server kept sessions of the broken run."""
    unread_major: int = 0
    """The major of the server if no ``pg_dump`` compared what is left with the reference."""
    problems: list[str] = field(default_factory=list)


def options_for(scenario: Scenario, folder: Path) -> list[str]:
    return [
        *("--dir", str(folder), "--tx-mode", scenario.mode, "-v", "2"),
        *("--lock-wait", "30s", "--lock-timeout", "60s", "--format", "json"),
    ]


def measure_run(scenario: Scenario, folder: Path, server: Server | None) -> Reference:
    """Run a scenario undisturbed, and measure it."""
    with create_database(server) as database:
        began = time.monotonic()
        child = fork_run(options_for(scenario, folder), database.url, call=0)
        calls = child.read_count()
        code = child.wait()
        seconds = time.monotonic() - began
        wrong = list(evidence.find_wrong_claims(database, scenario.files))
        if code or wrong:
            raise SystemExit(
                f"{scenario.name} fails undisturbed: {wrong}\n{child.text}"
            )
        measure = Measure(
            calls=calls.total,
            commits=calls.commits,
            code=_count_lines(scenario, folder, server),
            lines=child.output.count(b"\n"),
            seconds=seconds,
        )
        found = evidence.take_snapshot(database)
    return Reference(scenario=scenario, folder=folder, measure=measure, snapshot=found)


def _count_lines(scenario: Scenario, folder: Path, server: Server | None) -> int:
    """Run a scenario undisturbed, and count the lines of code that it comes to."""
    with create_database(server) as database:
        child = fork_run(options_for(scenario, folder), database.url, code=0)
        count = child.read_count()
        child.wait()
    return count.total


def try_point(point: Point, reference: Reference, server: Server | None) -> Trial:
    """Break a run at a point of a new database, finish it, and compare the result."""
    trial = Trial(point=point)
    files = reference.scenario.files
    with create_database(server) as database, ExitStack() as stack:
        pooler = None
        if point.is_pooled and server:
            pooler = stack.enter_context(run_pooler(server))
            database = replace(database, entrance=pooler.folder)
        try:
            _break_run(trial, reference, database, pooler)
            if point.is_edited:
                trial.problems += find_unrefused_edits(
                    reference.scenario, reference.folder, reference.options, database
                )
            _break_rerun(trial, reference, database)
            failure = ""
            if point.is_finished_by_atlas:
                failure = finish_with_atlas(
                    reference.scenario, reference.folder, database
                )
            failure = failure or _finish_run(trial, reference, database)
            if point.is_finished_by_atlas and trial.finished_statements:
                failure = failure or "Atlas ended with 0 and left statements to ours"
        except Stuck as error:
            failure = str(error)
        if failure:
            trial.problems.append(failure)
        else:
            found = evidence.take_snapshot(database)
            trial.unread_major = found.unread_major
            expected = reference.snapshot
            if point.is_finished_by_atlas:  # its rows name it
                expected, found = map(evidence.omit_operators, (expected, found))
            trial.problems += evidence.find_differences(expected, found)
            trial.problems += evidence.find_wrong_claims(database, files)
    return trial


def _break_run(
    trial: Trial, reference: Reference, database: Database, pooler: Pooler | None
) -> None:
    """Start a run, break it, and check what it has left."""
    point, scenario, server = trial.point, reference.scenario, database.server
    with ExitStack() as stack:
        url, relay = database.run_url, None
        if server and point.fault in CONNECTION_FAULTS:
            relay = stack.enter_context(run_relay(database.entrance or server.folder))
            url = database.url_for_port(relay.port)
        holder = None
        if point.trigger == "within":
            holder = stack.enter_context(hold_lock(database, key_of(scenario, point)))
        if point.is_unforked:
            child = start_run(reference.options, url)
        else:
            value = int(point.value)
            child = fork_run(
                reference.options,
                url,
                call=value if point.trigger == "call" else None,
                code=value if point.trigger == "code" else None,
            )
        trial.was_struck = wait_for_trigger(
            point, reference.measure, scenario, child, holder, database
        )
        if trial.was_struck and point.fault == STOP:
            trial.problems += run_beside(
                child, scenario, reference.options, database, holder
            )
        elif trial.was_struck:
            inject_fault(point.fault, child, database, relay=relay, pooler=pooler)
        if holder and point.fault == "unanswered":
            holder.close()  # the statement must end, so that the server answers
        try:
            code = child.wait()
        finally:
            trial.stage = find_stage(child, scenario)
        trial.problems += find_wrong_exits(point.fault, code, child, scenario)
        if not point.reruns_at_once:
            trial.linger_seconds, lingering = wait_until_released(database)
            trial.problems += lingering
    if not point.reruns_at_once:
        _check_remains(trial, scenario, database, child, code)


def _check_remains(
    trial: Trial, scenario: Scenario, database: Database, child: Child, code: int
) -> None:
    """Compare what the broken run has recorded with its effects and its reports."""
    trial.problems += evidence.find_wrong_claims(database, scenario.files)
    rows = evidence.read_rows_by_version(database)
    trial.problems += find_unkept_reports(child, code, scenario, rows)
    counted = sum(row.applied for row in rows.values())
    total = len(scenario.steps)
    trial.remains = REMAINS[0 if not counted else 1 if counted < total else 2]


def _break_rerun(trial: Trial, reference: Reference, database: Database) -> None:
    """Start the second run and end it, if the point wants that; check what is left."""
    call = trial.point.broken_rerun_call
    if not call:
        return
    child = fork_run(reference.options, database.run_url, call=call)
    if child.wait_at_gate():
        child.send_signal(signal.SIGKILL)
    code = child.wait()
    if code not in (DONE, RETRY, -signal.SIGKILL):
        trial.problems.append(f"run 2 ended with {code}: {last_lines_of(child)}")
    trial.problems += wait_until_released(database)[1]
    trial.problems += evidence.find_wrong_claims(database, reference.scenario.files)


def _finish_run(trial: Trial, reference: Reference, database: Database) -> str:
    """Run again until all is done; return why that fails, or nothing."""
    for number in range(1, MAX_RERUNS + 1):
        child = fork_run(reference.options, database.run_url)
        code = child.wait()
        trial.rerun_count = number
        trial.finished_statements = child.text.count('"statement_done"')
        if code == DONE:
            return ""
        if code != RETRY:
            break
    return f"run {trial.rerun_count} after it ended with {code}: {last_lines_of(child)}"
