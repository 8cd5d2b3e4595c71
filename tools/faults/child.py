"""Runs of ``schemaapply`` in processes of their own, to be broken.

Most are forked from this process, which has everything imported already; others are
started as a person starts them.  Invariant: a forked run takes nothing along that is
open here, and never returns into the caller's code.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

# Imported here, so that every fork has them.
from django.core.management import execute_from_command_line

import schema_migrations.management.commands.schemaapply  # noqa: F401 (as above)
from schema_migrations.workflows.targets.connection import URL_VARIABLE
from tools import ROOT
from tools.faults.forking import keep_only

PATIENCE = 60.0
DONE, RETRY = 0, 5
"""Exit codes: done; a retry is safe."""


class Stuck(Exception):
    """A run did not end."""


@dataclass(kw_only=True)
class Child:
    pid: int
    output: int
    at: int = -1
    """Says when the call that was asked for is about to be sent."""
    go: int = -1
    """Closed here, the run goes on."""
    said: bytes = b""
    over: bool = False
    """Its output has ended, and so has the run."""
    _code: int | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        return self.said.decode(errors="replace")

    def lines(self, count: int) -> bool:
        """Wait for lines of output; False: it ended before."""
        deadline = time.monotonic() + PATIENCE
        while self.said.count(b"\n") < count and not self.over:
            self._read(deadline)
        return self.said.count(b"\n") >= count

    def arrived(self) -> bool:
        """Wait for the call that was asked for; False: it ended before."""
        return os.read(self.at, 16) == b"!"

    def calls(self) -> int:
        """Wait for the end, and return how many calls there were."""
        return int(os.read(self.at, 16) or b"0")

    def send(self, number: int) -> None:
        if self._code is None:
            os.kill(self.pid, number)

    def ended(self, seconds: float) -> bool:
        """Wait a while for the end of its output."""
        deadline = time.monotonic() + seconds
        while not self.over and time.monotonic() < deadline:
            self._read(deadline)
        return self.over

    def release(self) -> None:
        """Let it go on from the call that it waits before."""
        if self.go >= 0:
            os.close(self.go)
            self.go = -1

    def wait(self) -> int:
        """Return the exit code; negative: a signal.  Raises ``Stuck``."""
        self.release()
        try:
            if not self.ended(PATIENCE):
                raise Stuck(f"no end after {PATIENCE:g} s: {self.text}")
        finally:
            self._reap()
        assert self._code is not None
        return self._code

    def _read(self, deadline: float) -> None:
        """Read what comes next, if anything comes before the deadline."""
        left = max(0.0, deadline - time.monotonic())
        if select.select([self.output], [], [], left)[0]:
            more = os.read(self.output, 65536)
            self.said += more
            self.over = not more

    def _reap(self) -> None:
        if not self.over:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self._code = os.waitstatus_to_exitcode(status)
        os.close(self.output)
        if self.at >= 0:
            os.close(self.at)


def forked(arguments: Sequence[str], url: str, *, call: int | None = None) -> Child:
    """Fork a run; it waits before the call to the driver that has this number.

    0: before none, and tells at the end how many there were.
    """
    output, its_output = os.pipe()
    at, its_at = os.pipe()
    its_go, go = os.pipe()
    sys.stdout.flush()
    # Nothing of ours is to be cleared away there, in the midst of what is tried.
    gc.collect()
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        _applied(arguments, url, its_output, _Gate(call, its_at, its_go))
    for descriptor in (its_output, its_at, its_go):
        os.close(descriptor)
    return Child(pid=pid, output=output, at=at, go=go)


def whole(arguments: Sequence[str], url: str) -> Child:
    """Start a run as a person does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "schemaapply", *arguments],
        cwd=ROOT,
        env={**environment(url), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = os.dup(process.stdout.fileno())
    process.stdout.close()
    process.returncode = 0  # it is waited for here, not there
    return Child(pid=process.pid, output=output)


def environment(url: str) -> dict[str, str]:
    """Return the variables of a run that is no fork."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tools.faults.settings",
        URL_VARIABLE: url,
    }


def _applied(arguments: Sequence[str], url: str, output: int, gate: _Gate) -> NoReturn:
    code = 1
    try:
        _settle(output, gate)
        os.environ[URL_VARIABLE] = url
        if gate.number is not None:
            _guard(gate.passed)
        execute_from_command_line(["manage.py", "schemaapply", *arguments])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        if gate.number == 0:
            os.write(gate.at, str(gate.count).encode())
        os._exit(code)


def _settle(output: int, gate: _Gate) -> None:
    """Keep only what the run needs, and the signals as a shell gives them."""
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    keep_only(gate.at, gate.go)
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115 (for as long as the process)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


@dataclass(kw_only=False)
class _Gate:
    """Counts calls to the driver, and waits before one of them."""

    number: int | None
    """None: no call is counted."""
    at: int
    go: int
    count: int = 0

    def passed(self) -> None:
        self.count += 1
        if self.count == self.number:
            os.write(self.at, b"!")
            os.read(self.go, 1)  # until the other end is closed


def _guard(passed: Callable[[], None]) -> None:
    """Let every call to either driver go through the gate; only in this process."""
    import sqlite3.dbapi2

    import psycopg

    waiting = psycopg.Connection.wait
    connecting = sqlite3.dbapi2.connect

    def wait(self: Any, *arguments: Any, **named: Any) -> Any:
        passed()
        return waiting(self, *arguments, **named)

    class Gated(sqlite3.Connection):
        def cursor(self, *arguments: Any, **named: Any) -> Any:
            passed()
            return super().cursor(*arguments, **named)

    def connect(*arguments: Any, **named: Any) -> Any:
        return connecting(*arguments, factory=Gated, **named)

    psycopg.Connection.wait = wait  # type: ignore[method-assign]  # it is the gate
    sqlite3.dbapi2.connect = connect
