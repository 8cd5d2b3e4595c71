"""Run programs in processes of their own, in turns, and say what each took."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.results import Bound, Row, Run

LAUNCHER = Path(__file__).with_name("launcher.py")
MOST_SECONDS = 300.0
"""What has taken longer in all is not run again, and a run of Atlas ends then: some
take minutes each, and grow with the square of the models."""


class ProgramFailed(Exception):
    """A program has ended with an exit code that was not expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is measured: each call of ``run`` prepares it, and then runs it once."""

    what: str
    run: Callable[[], Run]
    bounds: tuple[Bound, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """How often everything is run, and who hears of each row."""

    runs: int
    say: Callable[[str], None]


def measure_in_turns(
    repetition: Repetition, candidates: Sequence[Candidate], *, group: str = ""
) -> list[Row]:
    """Run all, one after the other, again and again: other load hits all alike.

    What fails once is not run again, and has no figure.
    """
    done: dict[str, list[Run]] = {candidate.what: [] for candidate in candidates}
    problems: dict[str, str] = {}
    for _ in range(repetition.runs):
        for candidate in candidates:
            before = done[candidate.what]
            taken = sum(run.seconds for run in before)
            if candidate.what in problems or taken >= MOST_SECONDS:
                continue
            try:
                before.append(candidate.run())
            except ProgramFailed as failure:
                repetition.say(f"{group} {candidate.what} FAILED: {failure}".lstrip())
                problems[candidate.what] = str(failure).partition("\n")[0]
                before.clear()
    rows = [
        Row(
            what=candidate.what,
            runs=tuple(done[candidate.what]),
            group=group,
            bounds=candidate.bounds,
            problem=problems.get(candidate.what, ""),
        )
        for candidate in candidates
    ]
    for row in rows:
        if row.runs:
            repetition.say(f"{group} {row.what}: {row.find_figure():.3f} s".lstrip())
    return rows


def run_process(
    *command: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    expected: Collection[int] = (0,),
    most_seconds: float | None = None,
) -> Run:
    """Run a program; return its time and the greatest memory of its process.

    Raises ``ProgramFailed`` when its exit code is another than ``expected``, or when it
    still runs after ``most_seconds``.
    """
    with tempfile.TemporaryDirectory() as name:
        output, taken = Path(name, "output"), Path(name, "taken")
        launcher = (sys.executable, "-I", "-S", LAUNCHER, taken)
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [*launcher, *command],
                cwd=cwd,
                env=env,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that the program ends with its launcher
            )
            try:
                process.wait(most_seconds)
            except subprocess.TimeoutExpired as error:
                raise ProgramFailed(f"not done after {most_seconds:g} s") from error
            finally:
                if process.returncode is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        figures = json.loads(taken.read_text())
        if figures["code"] not in expected:
            said = output.read_text(errors="replace")[-4000:]
            words = " ".join(map(str, command))
            raise ProgramFailed(f"exit code {figures['code']}\n{words}\n{said}")
    return Run(seconds=figures["seconds"], mebibytes=figures["mebibytes"])


class RunDjango(Protocol):
    """Run ``manage.py`` with these arguments in a process of its own."""

    def __call__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        expected: Collection[int],
    ) -> Run: ...


def run_django(
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    expected: Collection[int],
) -> Run:
    """Run ``manage.py`` in a new process, as a person starts it."""
    command = (sys.executable, "-m", "django", *arguments)
    return run_process(*command, cwd=folder, env=environment, expected=expected)


def sum_runs(*runs: Run) -> Run:
    """Return what several processes took, one after the other."""
    return Run(
        seconds=sum(run.seconds for run in runs),
        mebibytes=max(run.mebibytes for run in runs),
    )
