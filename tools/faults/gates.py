"""Let a run count where it comes to, and wait at one place: a call to the database driver,
or a line of code.

Invariant: a gate changes nothing in the process that forks the run.
"""

from __future__ import annotations

import contextlib
import linecache
import os
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import django.db
import psycopg

import schema_migrations

GateKind = Literal["call", "code"]

ARRIVED = b"!"
"""What a run writes when it waits."""

COMMIT = "COMMIT"

WATCHED_PLACES = (
    *(
        str(Path(str(package.__file__)).parent) + os.sep
        for package in (schema_migrations, psycopg, django.db)
    ),
    str(contextlib.__file__),
    str(threading.__file__),
)
"""The folders and files whose lines count."""

COUNTED_VISITS = 3
"""How often a line counts: the third time a loop comes to it is like all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What a gate has counted in a run."""

    total: int
    commits: tuple[int, ...]
    """The numbers of the calls that send COMMIT."""


def parse_count(written: bytes) -> Count:
    """Parse what ``Gate.write_count`` has written; nothing counts as 0."""
    total, *commits = map(int, written.split() or [b"0"])
    return Count(total=total, commits=tuple(commits))


@dataclass(kw_only=False)
class Gate:
    """What counts the places that a run comes to, and waits before one of them."""

    kind: GateKind
    awaited: int | None
    """Its number; 0: they are only counted; None: they are not."""
    arrival_pipe: int
    release_pipe: int
    count: int = 0
    commits: list[int] = field(default_factory=list)
    """The numbers of the calls that send COMMIT."""

    def count_place(self) -> None:
        """Count a place; wait if it is the one, until the other end is closed."""
        self.count += 1
        if self.count == self.awaited:
            os.write(self.arrival_pipe, ARRIVED)
            os.read(self.release_pipe, 1)

    def write_count(self) -> None:
        """Write what was counted, if the gate only counts."""
        if self.awaited == 0:
            numbers = map(str, (self.count, *self.commits))
            os.write(self.arrival_pipe, " ".join(numbers).encode())


def set_gate(gate: Gate) -> None:
    """Let this process pass through the gate from now on."""
    if gate.awaited is None:
        return
    if gate.kind == "call":
        _gate_drivers(gate)
    else:
        _gate_code(gate)


def _gate_drivers(gate: Gate) -> None:
    """Let every call to either driver pass through the gate first."""
    import sqlite3.dbapi2

    driver_wait = psycopg.Connection.wait
    driver_execute = psycopg.Cursor.execute
    driver_connect = sqlite3.dbapi2.connect

    def wait(self: Any, *arguments: Any, **named: Any) -> Any:
        gate.count_place()
        return driver_wait(self, *arguments, **named)

    def execute(self: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        if query == COMMIT:
            gate.commits.append(gate.count + 1)
        return driver_execute(self, query, *arguments, **named)

    class GatedConnection(sqlite3.Connection):
        def cursor(self, *arguments: Any, **named: Any) -> Any:
            gate.count_place()
            return super().cursor(*arguments, **named)

    def note_commit(sql: str) -> None:
        if sql == COMMIT:
            gate.commits.append(gate.count)

    def connect(*arguments: Any, **named: Any) -> Any:
        connection = driver_connect(*arguments, factory=GatedConnection, **named)
        connection.set_trace_callback(note_commit)
        return connection

    # Each call of the driver stops at the gate: both methods are replaced on purpose.
    psycopg.Connection.wait = wait  # type: ignore[method-assign]
    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    sqlite3.dbapi2.connect = connect


def _gate_code(gate: Gate) -> None:
    """Let the main thread pass through the gate before lines of ``WATCHED_PLACES``."""
    visits = Counter[tuple[str, int]]()

    def pass_line(frame: FrameType, event: str, argument: object) -> Any:
        if event == "line":
            place = (frame.f_code.co_filename, frame.f_lineno)
            visits[place] += 1
            if visits[place] <= COUNTED_VISITS and not _is_bare_try(*place):
                gate.count_place()
        return pass_line

    def enter(frame: FrameType, event: str, argument: object) -> Any:
        is_watched = frame.f_code.co_filename.startswith(WATCHED_PLACES)
        return pass_line if is_watched else None

    sys.settrace(enter)


def _is_bare_try(path: str, line: int) -> bool:
    """Tell whether a line is no instruction: no signal is handled there."""
    return linecache.getline(path, line).strip().startswith("try:")
