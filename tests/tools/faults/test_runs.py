"""Break a few runs of ``schemaapply``, with the tool as a person runs it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from schema_migrations.dev.programs import find_installed_programs
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.postgresql import NO_POSTGRES
from tests.fixtures.skips import skip_missing

pytestmark = pytest.mark.slow("processes")

ENGINES = ["postgresql", "sqlite"]
NOT_RUN = 3


def run_faults(*arguments: str) -> str:
    """Run the tool, expect that it finds nothing wrong, and return its output."""
    if "sqlite" not in arguments and not find_installed_programs():
        skip_missing(NO_POSTGRES)
    done = subprocess.run(
        [sys.executable, "-m", "tools", "faults", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == NOT_RUN:
        skip_missing("the right to mount a small tmpfs")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_was_broken_anywhere_is_finished_by_the_next(engine: str) -> None:
    out = run_faults("kill", "--engine", engine, "--points", "16", "--seed", "3")
    assert re.search(r"^16 points, seed 3, \w+, 0 wrong", out, re.MULTILINE)
    struck = re.search(r"^(\d+) runs were struck", out, re.MULTILINE)
    assert struck is not None
    assert int(struck[1]) >= 8


def test_a_fault_that_comes_too_late_finds_the_run_at_its_end() -> None:
    out = run_faults("kill", "--engine", "sqlite", "--point", "file:term:at99")
    assert re.search(r"^ +1  file:term:at99 +at the end +all$", out, re.MULTILINE)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_full_disk_loses_nothing(engine: str) -> None:
    out = run_faults("full", "--engine", engine, "--room", "0", "--room", "4")
    assert re.search(
        r"^4 runs on \w+, [1-4] met a full disk, 0 wrong", out, re.MULTILINE
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_of_a_stampede_one_runs_each_statement(engine: str) -> None:
    out = run_faults(
        *("stampede", "--engine", engine, "--processes", "8", "--scenario", "none")
    )
    assert "none, --lock-wait 60s: 8 runs" in out
    assert out.count(": ok\n") == (3 if engine == "sqlite" else 2)


def test_traffic_goes_on() -> None:
    """The slack is long: a busy machine may hold statements up, too."""
    out = run_faults("traffic", "--retries", "2", "--threads", "2", "--slack", "60")
    assert re.search(r"; it tried again [2-9]\d* times", out)
    assert re.search(r"^The slowest statement took \d", out, re.MULTILINE)
    assert "Nothing was lost." in out


def test_what_runs_outside_a_transaction_is_looked_for_by_the_next_run() -> None:
    """An index half built, one that nobody heard was ready, and one built anew."""
    half_built, unheard, anew = (
        f"outside:{point}"
        for point in ("kill:within14", "unanswered:within18", "server-kill:within22")
    )
    out = run_faults("kill", "--point", half_built, "--point", unheard, "--point", anew)
    assert re.search(r"^3 runs were struck, 0 had ended", out, re.MULTILINE)
    assert re.search(r"^3 points, .*, 0 wrong", out, re.MULTILINE)
