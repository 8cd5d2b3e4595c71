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
from tools.faults.atlas import find_atlas
from tools.faults.pooler import find_pgbouncer

pytestmark = pytest.mark.slow("processes")

ENGINES = ["postgresql", "sqlite"]
NOT_RUN = 3


def run_faults(*arguments: str, code: int = 0) -> str:
    """Run the tool, expect that it ends with this code, and return its output."""
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
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_was_broken_anywhere_is_finished_by_the_next(engine: str) -> None:
    out = run_faults("kill", "--engine", engine, "--points", "16", "--seed", "3")
    assert re.search(r"^16 points, seed 3, \w+, 0 wrong", out, re.MULTILINE)
    struck = re.search(r"^(\d+) runs were struck", out, re.MULTILINE)
    assert struck is not None
    assert int(struck[1]) >= 4  # on a busy machine some that wait a time come too late


def test_a_fault_that_comes_too_late_finds_the_run_at_its_end() -> None:
    out = run_faults("kill", "--engine", "sqlite", "--point", "file:term:at99")
    assert re.search(r"^ +1  file:term:at99 +at the end +all$", out, re.MULTILINE)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_signal_comes_before_a_line_of_code_or_a_commit(engine: str) -> None:
    """Lines are counted in a run before; a line after the last one is never reached."""
    points = ("file:int:code1500", "file:term:code3000:now", "file:term:code99999")
    out = run_faults("kill", "--engine", engine, *(f"--point={p}" for p in points))
    assert re.search(
        r"^file: .*\(4 of them COMMIT\), [3-9]\d{3} lines of code", out, re.MULTILINE
    )
    assert re.search(r"^2 runs were struck, 1 had ended", out, re.MULTILINE)
    assert re.search(r"^3 points, .*, 0 wrong", out, re.MULTILINE)


def test_runs_come_through_a_pooler_that_may_end() -> None:
    if find_pgbouncer() is None:
        skip_missing("PgBouncer")
    names = ("none:pooler:call80", "outside:kill:within14:pooled")
    out = run_faults("kill", *(f"--point={name}" for name in names))
    assert re.search(r"^ +1  none:pooler:call80:pooled .* a part$", out, re.MULTILINE)
    assert re.search(r"^2 runs were struck, 0 had ended", out, re.MULTILINE)
    assert re.search(r"^2 points, .*, 0 wrong", out, re.MULTILINE)


def test_a_server_that_ends_behind_a_pooler_is_not_taken_for_a_shared_one() -> None:
    """Which call asks the pooler depends on the calls before."""
    if find_pgbouncer() is None:
        skip_missing("PgBouncer")
    names = (f"file:server-quit:call{number}:pooled" for number in range(11, 19))
    out = run_faults("kill", *(f"--point={name}" for name in names))
    assert re.search(r"^8 points, .*, 0 wrong", out, re.MULTILINE)


@pytest.mark.parametrize("engine", ENGINES)
def test_atlas_finishes_what_ours_has_begun(engine: str) -> None:
    out = run_faults("kill", "--engine", engine, "--point", "none:kill:call60:atlas")
    assert ("Ours finished 1 runs" in out) == (find_atlas() is None)
    assert re.search(r"^1 points, .*, 0 wrong", out, re.MULTILINE)


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
        for point in ("kill:within14", "unanswered:within18", "server-kill:within23")
    )
    out = run_faults("kill", "--point", half_built, "--point", unheard, "--point", anew)
    assert re.search(r"^3 runs were struck, 0 had ended", out, re.MULTILINE)
    assert re.search(r"^3 points, .*, 0 wrong", out, re.MULTILINE)


def test_a_stopped_run_keeps_others_out_and_edited_files_are_refused() -> None:
    names = ("none:stop:call80", "outside:stop:within14", "mixed:kill:call90:edited")
    points = [word for name in names for word in ("--point", name)]
    out = run_faults("kill", *points)
    assert re.search(r"^3 points, .*, 0 wrong", out, re.MULTILINE)


def test_a_planted_bug_is_found() -> None:
    out = run_faults(
        *("mutations", "--scenario", "all", "--points", "40"),
        *("--bug", "early-report", "--jobs", "2"),
    )
    assert re.search(r"^early-report +all:\S+ +\d+ +\d+$", out, re.MULTILINE)
    assert re.search(r"^1 of 1 bugs found within 40 points", out, re.MULTILINE)


def test_a_planted_bug_that_is_not_found_is_a_failure() -> None:
    """No partition is detached in this scenario."""
    out = run_faults(
        *("mutations", "--scenario", "own", "--points", "1"),
        *("--bug", "half-detached"),
        code=1,
    )
    assert "NOT FOUND: nothing was wrong" in out
    assert re.search(r"^0 of 1 bugs found within 1 points", out, re.MULTILINE)


def test_the_power_may_go_at_any_moment() -> None:
    out = run_faults("power-loss", "--points", "6", "--scenario", "outside")
    assert "fsync is on" in out
    assert re.search(r"^6 points, seed 1, postgresql, 0 wrong", out, re.MULTILINE)


def test_each_of_many_targets_is_finished() -> None:
    out = run_faults(
        *("many-targets", "--engine", "sqlite", "--points", "4", "--targets", "3"),
        *("--scenario", "none"),
    )
    assert re.search(r"^4 points on 3 targets, .*, 0 wrong", out, re.MULTILINE)
