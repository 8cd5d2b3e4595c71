"""How ``benchmarks`` runs programs."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from benchmarks.measuring import (
    MOST_SECONDS,
    Candidate,
    ProgramFailed,
    Repetition,
    measure_in_turns,
    run_process,
)
from benchmarks.results import Row, Run


def test_candidates_take_turns_and_long_ones_are_not_repeated() -> None:
    order: list[str] = []

    def make_candidate(what: str, seconds: float) -> Candidate:
        def run() -> Run:
            order.append(what)
            return Run(seconds=seconds)

        return Candidate(what=what, run=run)

    rows = measure_in_turns(
        Repetition(runs=3, say=lambda line: None),
        [make_candidate("short", 1.0), make_candidate("long", MOST_SECONDS)],
    )

    assert order == ["short", "long", "short", "short"]
    assert [len(row.runs) for row in rows] == [3, 1]


def test_what_fails_is_not_run_again_and_has_no_figure() -> None:
    said: list[str] = []
    codes = iter([0, 3])

    def run() -> Run:
        if code := next(codes):
            raise ProgramFailed(f"exit code {code}\nits output")
        return Run(seconds=1.0)

    repetition = Repetition(runs=9, say=said.append)
    (row,) = measure_in_turns(repetition, [Candidate(what="peer", run=run)])

    assert row == Row(what="peer", runs=(), problem="exit code 3")
    assert said == ["peer FAILED: exit code 3\nits output"]


@pytest.mark.slow("processes")
def test_the_memory_is_that_of_the_program_alone(tmp_path: Path) -> None:
    held = b"x" * 200_000_000

    small = run_process(sys.executable, "-ISc", "pass", cwd=tmp_path)
    large = run_process(sys.executable, "-ISc", "x = b'x' * 10**8", cwd=tmp_path)

    assert 1 < small.mebibytes < len(held) / 2**20 / 2
    assert large.mebibytes > small.mebibytes + 80


@pytest.mark.slow("processes")
def test_another_exit_code_is_a_failure_with_what_was_said(tmp_path: Path) -> None:
    script = "print('no such table'); raise SystemExit(3)"
    with pytest.raises(ProgramFailed, match=r"(?s)^exit code 3\n.*no such table"):
        run_process(sys.executable, "-ISc", script, cwd=tmp_path)
    run_process(sys.executable, "-ISc", script, cwd=tmp_path, expected=(0, 3))


@pytest.mark.slow("processes")
def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    script = "import time; time.sleep(1.5); open('it_went_on', 'w')"
    with pytest.raises(ProgramFailed, match=r"^not done after 0\.5 s$"):
        run_process(sys.executable, "-ISc", script, cwd=tmp_path, most_seconds=0.5)
    time.sleep(1.5)
    assert not (tmp_path / "it_went_on").exists()
