"""A small sample of what breaks runs of ``schemaapply``, as a person runs it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from schema_migrations.dev.programs import find_installed_programs
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.postgresql import NO_POSTGRES
from tests.fixtures.skips import missing

pytestmark = pytest.mark.slow("processes")

ENGINES = ["postgresql", "sqlite"]
NOT_RUN = 3


def faults(*arguments: str) -> str:
    """Return what the program printed; it exits 1 when anything was lost, claimed and
    not done, or done twice."""
    if "sqlite" not in arguments and not find_installed_programs():
        missing(NO_POSTGRES)
    done = subprocess.run(
        [sys.executable, "-m", "tools", "faults", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == NOT_RUN:
        missing("the right to mount a small tmpfs")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_was_broken_anywhere_is_finished_by_the_next(engine: str) -> None:
    out = faults("kill", "--engine", engine, "--points", "16", "--seed", "3")
    assert re.search(r"^16 points, seed 3, \w+, 0 wrong", out, re.MULTILINE)
    struck = re.search(r"^(\d+) runs were struck", out, re.MULTILINE)
    assert struck is not None
    assert int(struck[1]) >= 8


@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_disk_loses_nothing(engine: str) -> None:
    out = faults("full", "--engine", engine, "--room", "0", "--room", "4")
    assert re.search(
        r"^4 runs on \w+, [1-4] met a full disk, 0 wrong", out, re.MULTILINE
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_of_a_stampede_one_runs_each_statement(engine: str) -> None:
    out = faults(
        *("stampede", "--engine", engine, "--processes", "8", "--scenario", "none")
    )
    assert "none, --lock-wait 60s: 8 runs" in out
    assert out.count(": ok\n") == 2


def test_traffic_goes_on() -> None:
    """How long it stood is told; what a busy machine adds to that is not ours."""
    out = faults("traffic", "--retries", "2", "--threads", "2", "--slack", "60")
    assert re.search(r"^The longest stall of the traffic was \d", out, re.MULTILINE)
    assert "Nothing was lost." in out


def test_what_runs_outside_a_transaction_is_looked_for_by_the_next_run() -> None:
    """An index half built, one that nobody heard was ready, and one built anew."""
    half_built, unheard, anew = (
        f"outside:{point}"
        for point in ("kill:within14", "unanswered:within18", "server-kill:within22")
    )
    out = faults("kill", "--point", half_built, "--point", unheard, "--point", anew)
    assert re.search(r"^3 runs were struck, 0 had ended", out, re.MULTILINE)
    assert re.search(r"^3 points, .*, 0 wrong", out, re.MULTILINE)
