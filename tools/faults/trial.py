"""Try one point: break a run there, check what is left, run again, and compare.

Invariant: whatever is wrong is in ``problems``; nothing but a bug here raises.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tools.faults import evidence
from tools.faults.child import DONE, RETRY, Child, Stuck, fork_run, start_run
from tools.faults.databases import Database, create_database, execute_on_server
from tools.faults.points import SIGNALS, Measure, Point, key_of
from tools.faults.proxy import Relay, run_relay
from tools.faults.scenarios import Scenario
from tools.faults.server import Server

CONNECTION_FAULTS = ("cut", "part", "unanswered")
MAX_RERUNS = 4
MAX_LINGER_SECONDS = 5.0
"""Seconds that the server may go on with the statement of a run that has ended; it checks
once a second whether the client is there."""

EXIT_CODES = {
    "kill": {DONE, -signal.SIGKILL},
    "term": {DONE, 143},
    "int": {DONE, 130},
}
"""Exit codes of a run that is ended by a signal; else it is done, or a retry is safe."""

EDGE_EXIT_CODES = {"term": {-signal.SIGTERM}, "int": {1, -signal.SIGINT}}
"""More of them while Python starts or ends, before the first event or after the result."""

STAGES = (
    "before any statement",
    "in the first half",
    "in the second half",
    "at the end",
)
REMAINS = ("nothing", "a part", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What an undisturbed run of a scenario takes, and what it leaves."""

    scenario: Scenario
    folder: Path
    """The directory."""
    measure: Measure
    snapshot: evidence.Snapshot


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
    linger_seconds: float = 0.0
    """How long the server kept sessions of the broken run."""
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
        calls = child.wait_for_call_count()
        code = child.wait()
        seconds = time.monotonic() - began
        if code:
            raise SystemExit(f"{scenario.name} fails undisturbed:\n{child.text}")
        measure = Measure(calls=calls, lines=child.output.count(b"\n"), seconds=seconds)
        found = evidence.take_snapshot(database)
    return Reference(scenario=scenario, folder=folder, measure=measure, snapshot=found)


def try_point(point: Point, reference: Reference, server: Server | None) -> Trial:
    """Break a run at a point of a new database, finish it, and compare the result."""
    trial = Trial(point=point)
    with create_database(server) as database:
        try:
            _break_run(trial, reference, database)
            failure = _finish_run(trial, reference, database)
        except Stuck as error:
            failure = str(error)
        if failure:
            trial.problems.append(failure)
        else:
            found = evidence.take_snapshot(database)
            trial.problems += evidence.find_differences(reference.snapshot, found)
    return trial


def _break_run(trial: Trial, reference: Reference, database: Database) -> None:
    """Start a run, break it, and check what it has left."""
    point, scenario, server = trial.point, reference.scenario, database.server
    with ExitStack() as stack:
        url, relay = database.url, None
        if server and point.fault in CONNECTION_FAULTS:
            relay = stack.enter_context(run_relay(server.folder))
            url = database.url_for_port(relay.port)
        holder = None
        if point.trigger == "within":
            holder = stack.enter_context(_hold_lock(database, key_of(scenario, point)))
        options = options_for(scenario, reference.folder)
        if point.is_unforked:
            child = start_run(options, url)
        else:
            call = int(point.value) if point.trigger == "call" else None
            child = fork_run(options, url, call=call)
        trial.was_struck = _wait_for_trigger(point, reference, child, database, holder)
        if trial.was_struck:
            _inject_fault(point.fault, child, database, relay)
        if holder and point.fault == "unanswered":
            holder.close()  # the statement must end, so that the server answers
        try:
            code = child.wait()
        finally:
            trial.stage = _find_stage(child, scenario)
        trial.problems += _check_exit(point.fault, code, child)
        if server and not point.reruns_at_once:
            trial.linger_seconds = _wait_until_released(trial, server, database)
    if not point.reruns_at_once:
        trial.problems += evidence.find_wrong_claims(database, scenario.files)
        counted, total = evidence.count_statements(database, scenario.files)
        trial.remains = REMAINS[0 if not counted else 1 if counted < total else 2]


def _finish_run(trial: Trial, reference: Reference, database: Database) -> str:
    """Run again until all is done; return why that fails, or nothing."""
    options = options_for(reference.scenario, reference.folder)
    if trial.point.broken_rerun_call:
        child = fork_run(options, database.url, call=trial.point.broken_rerun_call)
        if child.wait_for_call():
            child.send_signal(signal.SIGKILL)
        child.wait()
    for number in range(1, MAX_RERUNS + 1):
        child = fork_run(options, database.url)
        code = child.wait()
        trial.rerun_count = number
        if code == DONE:
            return ""
        if code != RETRY:
            break
    return (
        f"run {trial.rerun_count} after it ended with {code}: {_last_lines_of(child)}"
    )


def _wait_for_trigger(
    point: Point,
    reference: Reference,
    child: Child,
    database: Database,
    holder: psycopg.Connection[Any] | None,
) -> bool:
    """Wait until the fault is to come; return False if the run ends before."""
    match point.trigger:
        case "call":
            return child.wait_for_call()
        case "at":
            return not child.wait_for_end(point.value * reference.measure.seconds)
        case "line":
            return child.wait_for_lines(int(point.value))
        case "within":
            assert holder is not None
            step = reference.scenario.steps[int(point.value) - 1]
            return _wait_within_statement(
                child, database, holder, for_snapshots=step.waits_for_snapshots
            )


def _wait_within_statement(
    child: Child,
    database: Database,
    holder: psycopg.Connection[Any],
    *,
    for_snapshots: bool,
) -> bool:
    """Wait until the statement is held up; return False if the run ends before."""
    if not _wait_until_blocked(child, database, holder):
        return False
    if not for_snapshots:
        return True
    # Our lock held up the statement before.  Now take a snapshot and release the lock:
    # until the run ends, only statements that wait for snapshots are held up.
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT pg_advisory_unlock_all()")
    return _wait_until_blocked(child, database, holder)


def _inject_fault(
    fault: str, child: Child, database: Database, relay: Relay | None
) -> None:
    server = database.server
    if fault in SIGNALS:
        child.send_signal(getattr(signal, f"SIG{fault.upper()}"))
        return
    assert server is not None
    match fault:
        case "backend":
            execute_on_server(
                server,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND application_name <> 'faults'",
                database.name,
            )
        case "server-quit":
            server.crash(signal.SIGQUIT)
        case "server-kill":
            server.crash(signal.SIGKILL)
        case "cut" if relay:
            relay.cut()
        case "part" if relay:
            relay.cut_client_only()
        case "unanswered" if relay:
            relay.lose_answer()


@contextmanager
def _hold_lock(database: Database, key: int) -> Iterator[psycopg.Connection[Any]]:
    """Hold an advisory lock, and with it the statement that takes it, until the block
    ends."""
    assert database.server is not None
    with database.server.connect(database.name) as connection:
        connection.execute("SET application_name = 'faults'")
        connection.execute("SELECT pg_advisory_lock(%s)", [key])
        try:
            yield connection
        finally:
            connection.close()


def _wait_until_blocked(
    child: Child, database: Database, holder: psycopg.Connection[Any]
) -> bool:
    """Wait until a session waits for the holder; return False if the run ends before."""
    assert database.server is not None
    with database.server.connect(database.name) as observer:
        observer.execute("SET application_name = 'faults'")
        while not child.wait_for_end(0.005):
            if observer.execute(
                "SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))",
                [holder.info.backend_pid],
            ).fetchall():
                return True
    return False


def _wait_until_released(trial: Trial, server: Server, database: Database) -> float:
    """Wait until the server has no session of the broken run; return the seconds."""
    began = time.monotonic()
    while True:
        left = execute_on_server(
            server,
            "SELECT state, left(query, 80) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name <> 'faults'"
            " AND backend_type = 'client backend'",
            database.name,
        )
        lingered = time.monotonic() - began
        if not left:
            return lingered
        if lingered > MAX_LINGER_SECONDS:
            trial.problems.append(
                f"after {lingered:.0f} s the server still runs: {left}"
            )
            return lingered
        time.sleep(0.02)


def _check_exit(fault: str, code: int, child: Child) -> Iterator[str]:
    allowed = EXIT_CODES.get(fault, {DONE, RETRY})
    at_edges = EDGE_EXIT_CODES.get(fault, set())
    if not child.list_events() or child.has_succeeded():
        allowed = allowed | at_edges
    if code not in allowed:
        yield f"the broken run ended with {code}: {_last_lines_of(child)}"
    elif "Traceback" in child.text and code not in at_edges:
        yield f"the broken run showed a traceback: {child.text}"


def _last_lines_of(child: Child) -> str:
    return " / ".join(child.text.splitlines()[-4:])


def _find_stage(child: Child, scenario: Scenario) -> str:
    """Find out by its events how far a run has come."""
    events = Counter(event["event"] for event in child.list_events())
    if not events["statement_done"]:
        return STAGES[0]
    if events["file_done"] == len(scenario.files):
        return STAGES[3]
    is_first_half = 2 * events["statement_done"] < len(scenario.steps)
    return STAGES[1] if is_first_half else STAGES[2]
