"""Start runs of ``schemaapply`` in processes of their own, so that they can be broken.

Most are forked from this process, which has everything imported already; others are
started as a person starts them.  Invariant: a forked run inherits nothing that is open
here, and never returns into the caller's code.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

# Imported here, so that every fork has them.
from django.core.management import execute_from_command_line

import schema_migrations.management.commands.schemaapply  # noqa: F401 (as above)
from schema_migrations.workflows.targets.connection import URL_VARIABLE
from tools import ROOT
from tools.faults.forking import keep_descriptors
from tools.faults.gates import (
    ARRIVED,
    Count,
    Gate,
    GateKind,
    parse_count,
    set_gate,
)

PATIENCE = 60.0
"""Seconds that a run may take."""

DONE, RETRY = 0, 5
"""Exit codes: done; a retry is safe."""


class Stuck(Exception):
    """A run does not end."""


@dataclass(kw_only=True)
class Child:
    """A run in a process of its own; pipes are file descriptors."""

    pid: int
    output_pipe: int
    arrival_pipe: int = -1
    """The run writes to it when it waits where it was asked to wait."""
    release_pipe: int = -1
    """The run goes on when this end is closed."""
    output: bytes = b""
    """What was read so far."""
    has_ended: bool = False
    """The output has ended, and so has the run."""
    _exit_code: int | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        return self.output.decode(errors="replace")

    def list_events(self) -> list[dict[str, Any]]:
        """Return the events of a run with ``--format json``, as printed so far."""
        return [each for each in self._parse_lines() if "event" in each]

    def has_succeeded(self) -> bool:
        """Tell whether a run with ``--format json`` has printed a result without error."""
        return any(each.get("error", "") is None for each in self._parse_lines())

    def _parse_lines(self) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects of the output; a broken run may print half of one."""
        for line in self.text.splitlines():
            with suppress(json.JSONDecodeError):
                parsed = json.loads(line)
                if isinstance(parsed, dict):
                    yield parsed

    def wait_for_lines(self, count: int) -> bool:
        """Wait for lines of output; return False if the run ends before."""
        deadline = time.monotonic() + PATIENCE
        while self.output.count(b"\n") < count and not self.has_ended:
            self._read(deadline)
        return self.output.count(b"\n") >= count

    def wait_at_gate(self) -> bool:
        """Wait until the run waits at its gate; return False if it ends before."""
        return os.read(self.arrival_pipe, 16) == ARRIVED

    def read_count(self) -> Count:
        """Wait for the end of the run; return what its gate has counted."""
        return parse_count(os.read(self.arrival_pipe, 65536))

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process is known to have ended."""
        if self._exit_code is None:
            os.kill(self.pid, number)

    def wait_for_end(self, seconds: float) -> bool:
        """Wait at most so long for the end of the run; tell whether it has ended."""
        deadline = time.monotonic() + seconds
        while not self.has_ended and time.monotonic() < deadline:
            self._read(deadline)
        return self.has_ended

    def release(self) -> None:
        """Let the run go on from its gate."""
        if self.release_pipe >= 0:
            os.close(self.release_pipe)
            self.release_pipe = -1

    def wait(self) -> int:
        """Release the run and return its exit code; a signal's is negative.

        Raises ``Stuck``.
        """
        self.release()
        try:
            if not self.wait_for_end(PATIENCE):
                raise Stuck(f"The run does not end within {PATIENCE:g} s: {self.text}")
        finally:
            self._reap()
        assert self._exit_code is not None
        return self._exit_code

    def _read(self, deadline: float) -> None:
        """Read the next piece of output, if one comes before the deadline."""
        left = max(0.0, deadline - time.monotonic())
        if select.select([self.output_pipe], [], [], left)[0]:
            more = os.read(self.output_pipe, 65536)
            self.output += more
            self.has_ended = not more

    def _reap(self) -> None:
        if not self.has_ended:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        self._exit_code = os.waitstatus_to_exitcode(status)
        os.close(self.output_pipe)
        if self.arrival_pipe >= 0:
            os.close(self.arrival_pipe)


def fork_run(
    arguments: Sequence[str],
    url: str,
    *,
    call: int | None = None,
    code: int | None = None,
) -> Child:
    """Fork a run that waits before the call to the driver with this number, or before
    the line of code.

    With 0 it only counts them, and writes at the end how many there were.
    """
    output, its_output = os.pipe()
    arrival, its_arrival = os.pipe()
    its_release, release = os.pipe()
    sys.stdout.flush()
    # The fork must not collect this process's garbage in the midst of its run.
    gc.collect()
    gc.freeze()
    pid = os.fork()
    if pid == 0:
        kind: GateKind = "call" if code is None else "code"
        awaited = call if code is None else code
        gate = Gate(kind, awaited, its_arrival, its_release)
        _run_and_exit(arguments, url, its_output, gate)
    for descriptor in (its_output, its_arrival, its_release):
        os.close(descriptor)
    return Child(
        pid=pid, output_pipe=output, arrival_pipe=arrival, release_pipe=release
    )


def start_run(arguments: Sequence[str], url: str) -> Child:
    """Start a run as a person does, without a fork of this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "schemaapply", *arguments],
        cwd=ROOT,
        env={**make_environment(url), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    output = os.dup(process.stdout.fileno())
    process.stdout.close()
    process.returncode = 0  # Child waits for the process, Popen must not.
    return Child(pid=process.pid, output_pipe=output)


def make_environment(url: str) -> dict[str, str]:
    """Return the environment variables of a run that is not forked."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tools.faults.settings",
        URL_VARIABLE: url,
    }


def _run_and_exit(
    arguments: Sequence[str], url: str, output: int, gate: Gate
) -> NoReturn:
    code = 1
    try:
        _prepare_process(output, gate)
        os.environ[URL_VARIABLE] = url
        set_gate(gate)
        execute_from_command_line(["manage.py", "schemaapply", *arguments])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        gate.write_count()
        os._exit(code)


def _prepare_process(output: int, gate: Gate) -> None:
    """Set up descriptors, standard streams and signals as a shell would."""
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    keep_descriptors(gate.arrival_pipe, gate.release_pipe)
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115 (for as long as the process)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
