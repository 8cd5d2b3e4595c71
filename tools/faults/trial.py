"""One point: break a run there, look at what is left, run again, compare.

Invariant: whatever is found is said in ``problems``; nothing but a bug here raises.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tools.faults import evidence
from tools.faults.child import DONE, RETRY, Child, Stuck, forked, whole
from tools.faults.places import Database, administer, fresh
from tools.faults.points import SIGNALS, Measure, Point, key_of
from tools.faults.proxy import Relay, relay
from tools.faults.scenarios import Scenario
from tools.faults.server import Server

OF_THE_LINE = ("cut", "part", "unanswered")
TRIES = 4
ENDS_WITHIN = 5.0
"""Seconds that the server may go on with the statement of a run that is gone; it looks
once a second whether the client is there."""

CODES = {
    "kill": {DONE, -signal.SIGKILL},
    "term": {DONE, 143},
    "int": {DONE, 130},
}
"""What a broken run may end with; a lost connection: a retry is safe."""

ASIDE = {"term": {-signal.SIGTERM}, "int": {1, -signal.SIGINT}}
"""And while Python starts or ends, before the command's first line or after its last."""

WHERE = (
    "before any statement",
    "in the first half",
    "in the second half",
    "at the end",
)
LEFT = ("nothing", "a part", "all")
STATEMENT = re.compile(r"^ +\d+/\d+  ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    scenario: Scenario
    folder: Path
    """The directory."""
    measure: Measure
    snapshot: evidence.Snapshot


@dataclass(kw_only=True)
class Trial:
    point: Point
    struck: bool = False
    """The run had not ended before."""
    where: str = ""
    """One of ``WHERE``."""
    left: str = ""
    """What was there after it: one of ``LEFT``; empty: not looked at."""
    runs: int = 0
    """How many it took to the end, broken ones not counted."""
    lingered: float = 0.0
    """Seconds until the server had given up the broken run."""
    problems: list[str] = field(default_factory=list)


def arguments(scenario: Scenario, folder: Path) -> list[str]:
    return [
        *("--dir", str(folder), "--tx-mode", scenario.mode, "-v", "2"),
        *("--lock-wait", "30s", "--lock-timeout", "60s"),
    ]


def measured(scenario: Scenario, folder: Path, server: Server | None) -> Reference:
    """Run a scenario undisturbed."""
    with fresh(server) as database:
        began = time.monotonic()
        child = forked(arguments(scenario, folder), database.url, call=0)
        calls = child.calls()
        code = child.wait()
        seconds = time.monotonic() - began
        if code:
            raise SystemExit(f"Undisturbed, {scenario.name} fails:\n{child.text}")
        measure = Measure(calls=calls, lines=child.said.count(b"\n"), seconds=seconds)
        found = evidence.snapshot(database)
    return Reference(scenario=scenario, folder=folder, measure=measure, snapshot=found)


def tried(point: Point, reference: Reference, server: Server | None) -> Trial:
    trial = Trial(point=point)
    with fresh(server) as database:
        try:
            _broken(trial, reference, database)
            stuck = _finished(trial, reference, database)
        except Stuck as problem:
            stuck = str(problem)
        if stuck:
            trial.problems.append(stuck)
        else:
            found = evidence.snapshot(database)
            trial.problems += evidence.differences(reference.snapshot, found)
    return trial


def _broken(trial: Trial, reference: Reference, database: Database) -> None:
    """Start a run, break it, and look."""
    point, scenario, server = trial.point, reference.scenario, database.server
    with ExitStack() as stack:
        url, line = database.url, None
        if server and point.fault in OF_THE_LINE:
            line = stack.enter_context(relay(server.folder))
            url = database.through(line.port)
        holder = None
        if point.trigger == "within":
            holder = stack.enter_context(_held(database, key_of(scenario, point)))
        asked = arguments(scenario, reference.folder)
        if point.whole:
            child = whole(asked, url)
        else:
            call = int(point.value) if point.trigger == "call" else None
            child = forked(asked, url, call=call)
        trial.struck = _awaited(point, reference, child, database, holder)
        if trial.struck:
            _strike(point.fault, child, database, line)
        if holder and point.fault == "unanswered":
            holder.close()  # there must be something to answer
        try:
            code = child.wait()
        finally:
            trial.where = _where(child, scenario)
        trial.problems += _odd_end(point.fault, code, child)
        if server and not point.now:
            trial.lingered = _settled(trial, server, database)
    if not point.now:
        trial.problems += evidence.claims(database, scenario.files)
        counted, total = evidence.progress(database, scenario.files)
        trial.left = LEFT[0 if not counted else 1 if counted < total else 2]


def _finished(trial: Trial, reference: Reference, database: Database) -> str:
    """Run again until it is done; return why it cannot be, or nothing."""
    asked = arguments(reference.scenario, reference.folder)
    if trial.point.again:
        child = forked(asked, database.url, call=trial.point.again)
        if child.arrived():
            child.send(signal.SIGKILL)
        child.wait()
    for number in range(1, TRIES + 1):
        child = forked(asked, database.url)
        code = child.wait()
        trial.runs = number
        if code == DONE:
            return ""
        if code != RETRY:
            break
    return f"run {trial.runs} after it ended with {code}: {_last_words(child)}"


def _awaited(
    point: Point,
    reference: Reference,
    child: Child,
    database: Database,
    holder: psycopg.Connection[Any] | None,
) -> bool:
    """Wait for the moment; False: the run ended before."""
    match point.trigger:
        case "call":
            return child.arrived()
        case "at":
            return not child.ended(point.value * reference.measure.seconds)
        case "line":
            return child.lines(int(point.value))
        case "within":
            assert holder is not None
            concurrent = reference.scenario.steps[int(point.value) - 1].concurrent
            return _within(child, database, holder, concurrent=concurrent)


def _within(
    child: Child,
    database: Database,
    holder: psycopg.Connection[Any],
    *,
    concurrent: bool,
) -> bool:
    """Wait until the statement is held up; False: the run ended before."""
    if not _waits(child, database, holder):
        return False
    if not concurrent:
        return True
    # It was the statement before, held by our key, that waited: from the snapshot that
    # is taken now until the run ends, only those wait that wait for snapshots.
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT pg_advisory_unlock_all()")
    return _waits(child, database, holder)


def _strike(fault: str, child: Child, database: Database, line: Relay | None) -> None:
    server = database.server
    if fault in SIGNALS:
        child.send(getattr(signal, f"SIG{fault.upper()}"))
        return
    assert server is not None
    match fault:
        case "backend":
            administer(
                server,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND application_name <> 'faults'",
                database.name,
            )
        case "server-quit":
            server.crash(signal.SIGQUIT)
        case "server-kill":
            server.crash(signal.SIGKILL)
        case "cut" if line:
            line.cut()
        case "part" if line:
            line.part()
        case "unanswered" if line:
            line.lose_answer()


@contextmanager
def _held(database: Database, key: int) -> Iterator[psycopg.Connection[Any]]:
    """Hold up the statement that takes a key."""
    assert database.server is not None
    with database.server.connect(database.name) as connection:
        connection.execute("SET application_name = 'faults'")
        connection.execute("SELECT pg_advisory_lock(%s)", [key])
        try:
            yield connection
        finally:
            connection.close()


def _waits(child: Child, database: Database, holder: psycopg.Connection[Any]) -> bool:
    """Wait until a run waits for the holder; False: it ended before."""
    assert database.server is not None
    with database.server.connect(database.name) as looking:
        looking.execute("SET application_name = 'faults'")
        while not child.ended(0.005):
            if looking.execute(
                "SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))",
                [holder.info.backend_pid],
            ).fetchall():
                return True
    return False


def _settled(trial: Trial, server: Server, database: Database) -> float:
    """Wait until the server has no session of the broken run; return how long."""
    began = time.monotonic()
    while True:
        left = administer(
            server,
            "SELECT state, left(query, 80) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name <> 'faults'"
            " AND backend_type = 'client backend'",
            database.name,
        )
        lingered = time.monotonic() - began
        if not left:
            return lingered
        if lingered > ENDS_WITHIN:
            trial.problems.append(
                f"after {lingered:.0f} s the server still runs: {left}"
            )
            return lingered
        time.sleep(0.02)


def _odd_end(fault: str, code: int, child: Child) -> Iterator[str]:
    allowed = CODES.get(fault, {DONE, RETRY})
    aside = ASIDE.get(fault, set())
    if "Target " not in child.text or "\nNext " in child.text:
        allowed = allowed | aside
    if code not in allowed:
        yield f"the broken run ended with {code}: {_last_words(child)}"
    elif "Traceback" in child.text and code not in aside:
        yield f"the broken run showed a traceback: {child.text}"


def _last_words(child: Child) -> str:
    return " / ".join(child.text.splitlines()[-4:])


def _where(child: Child, scenario: Scenario) -> str:
    """Say how far the run had come, by what it had printed."""
    told = len(STATEMENT.findall(child.text))
    if not told:
        return WHERE[0]
    if child.text.count("  ok\n") == len(scenario.files):
        return WHERE[3]
    return WHERE[1] if 2 * told < len(scenario.steps) else WHERE[2]
