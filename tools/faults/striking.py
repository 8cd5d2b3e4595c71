"""Strike a run: wait for the moment of a point, and break what it names."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from tools.faults.child import DONE, RETRY, Child, fork_run
from tools.faults.databases import Database, execute_on_server
from tools.faults.points import SIGNALS, Measure, Point
from tools.faults.pooler import Pooler
from tools.faults.proxy import Relay
from tools.faults.reports import has_lock, last_lines_of
from tools.faults.scenarios import Scenario

OBSERVER = "faults"
"""The ``application_name`` of our own sessions."""

OUTPUT_SECONDS = 0.02
"""Seconds to read what a stopped run has printed."""

MAX_LINGER_SECONDS = 5.0
"""Seconds that the server may go on with the statement of a run that has ended; it checks
once a second whether the client is there."""

REFUSAL_SECONDS, BESIDE_SECONDS = 15.0, 0.7
"""Seconds for another run beside a stopped one: to be refused, or to get anywhere."""


def wait_for_trigger(
    point: Point,
    measure: Measure,
    scenario: Scenario,
    child: Child,
    holder: psycopg.Connection[Any] | None,
    database: Database,
) -> bool:
    """Wait until the fault is to come; return False if the run ends before."""
    match point.trigger:
        case "call" | "code":
            return child.wait_at_gate()
        case "at":
            return not child.wait_for_end(point.value * measure.seconds)
        case "line":
            return child.wait_for_lines(int(point.value))
        case "within":
            assert holder is not None
            held_up_by = scenario.steps[int(point.value) - 1].held_up_by
            return _wait_within_statement(child, database, holder, held_up_by)


def _wait_within_statement(
    child: Child, database: Database, holder: psycopg.Connection[Any], held_up_by: str
) -> bool:
    """Wait until the statement is held up; return False if the run ends before."""
    if not _wait_until_blocked(child, database, holder):
        return False
    if not held_up_by:
        return True
    # Our lock held up the statement before.  Now hold up what comes next, and let that
    # statement end.
    holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    holder.execute(held_up_by.encode())
    holder.execute("SELECT pg_advisory_unlock_all()")
    return _wait_until_blocked(child, database, holder)


@contextmanager
def hold_lock(database: Database, key: int) -> Iterator[psycopg.Connection[Any]]:
    """Hold an advisory lock, and with it the statement that takes it, until the block
    ends."""
    assert database.server is not None
    with database.server.connect(database.name) as connection:
        connection.execute(f"SET application_name = '{OBSERVER}'".encode())
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
        observer.execute(f"SET application_name = '{OBSERVER}'".encode())
        while not child.wait_for_end(0.005):
            if observer.execute(
                "SELECT FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))",
                [holder.info.backend_pid],
            ).fetchall():
                return True
    return False


def inject_fault(
    fault: str,
    child: Child,
    database: Database,
    *,
    relay: Relay | None = None,
    pooler: Pooler | None = None,
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
                " WHERE datname = %s AND application_name <> %s",
                database.name,
                OBSERVER,
            )
        case "server-quit" | "immediate":
            server.crash(signal.SIGQUIT)
        case "server-kill":
            server.crash(signal.SIGKILL)
        case "copied":
            server.crash_to_copy()
        case "power":
            server.lose_power()
        case "pooler" if pooler:
            pooler.crash()
        case "cut" if relay:
            relay.cut()
        case "part" if relay:
            relay.cut_client_only()
        case "unanswered" if relay:
            relay.lose_answer()


def run_beside(
    child: Child,
    scenario: Scenario,
    options: Sequence[str],
    database: Database,
    holder: psycopg.Connection[Any] | None,
) -> Iterator[str]:
    """Stop a run, start another beside it, and let the first go on; describe what is wrong.

    While the first holds the lock, the other must be refused.
    """
    child.send_signal(signal.SIGSTOP)
    child.wait_for_end(OUTPUT_SECONDS)
    must_refuse = has_lock(child, scenario)
    other = fork_run([*options, "--lock-wait", "0s"], database.run_url)
    began = time.monotonic()
    has_ended = other.wait_for_end(REFUSAL_SECONDS if must_refuse else BESIDE_SECONDS)
    child.send_signal(signal.SIGCONT)
    child.release()
    if holder:
        holder.close()
    code = other.wait()
    if must_refuse and not has_ended:
        seconds = time.monotonic() - began
        yield f"a run beside a stopped one was not refused within {seconds:.0f} s"
    allowed = {RETRY} if must_refuse else {DONE, RETRY}
    if code not in allowed or "Traceback" in other.text:
        yield f"a run beside a stopped one ended with {code}: {last_lines_of(other)}"


def wait_until_released(database: Database) -> tuple[float, list[str]]:
    """Wait until the server has no session of a run that has ended, or a pooler one that
    is idle and holds no lock; return the seconds, and what is wrong."""
    began = time.monotonic()
    while database.server:
        left = execute_on_server(
            database.server,
            "SELECT state, left(query, 80) FROM pg_stat_activity a"
            " WHERE datname = %s AND application_name <> %s"
            " AND backend_type = 'client backend'"
            " AND NOT (%s AND state = 'idle' AND NOT EXISTS"
            " (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'))",
            database.name,
            OBSERVER,
            bool(database.entrance),
        )
        lingered = time.monotonic() - began
        if not left:
            return lingered, []
        if lingered > MAX_LINGER_SECONDS:
            return lingered, [f"after {lingered:.0f} s the server still runs: {left}"]
        time.sleep(0.02)
    return 0.0, []
