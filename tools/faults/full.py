"""Fill the disk while files run, free space, and run again.

On PostgreSQL it is the disk of a tablespace that holds the table of revisions, on SQLite
the disk of the database.  It is a small tmpfs, which only root can mount.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schema_migrations.dev.account import change_owner
from schema_migrations.history.revisions_table import REVISIONS_TABLE
from tools.faults import evidence
from tools.faults.child import DONE, Child, fork_run
from tools.faults.databases import Database, create_database, execute_on_server
from tools.faults.disk import NotMounted
from tools.faults.scenarios import Scenario
from tools.faults.server import Server
from tools.faults.steps import Engine, File, Step, make_log_step

SIZE = 512 * 1024
"""Bytes of the disk."""

STATEMENTS = 60
"""Enough that the table of revisions needs more pages, whether all are in one file
(their hashes outgrow its row) or each has a file of its own."""

ROOM = (0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 32)
"""Pages that are left on the disk."""

NOT_RUN = 3
"""Exit code: this machine cannot mount a disk."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--room",
        action="append",
        type=int,
        help="leave so many pages of 4 KiB (repeatable; default: several numbers)",
    )


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return 1 when anything was lost or done twice, 3 where no disk can be mounted."""
    full = wrong = runs = 0
    for name, scenario in make_scenarios(chosen.engine).items():
        directory = scenario.write(folder / name)
        with create_database(server) as database:
            apply_scenario(scenario, directory, database)
            expected = evidence.take_snapshot(database)
        for room in ROOM if chosen.room is None else chosen.room:
            try:
                code, problems = run_on_full_disk(
                    scenario, directory, expected, server, room
                )
            except NotMounted as reason:
                print(f"NOT RUN: a small file system cannot be mounted here: {reason}")
                return NOT_RUN
            verdict = "WRONG" if problems else "ok"
            print(f"{name}, {room} pages left: the run ended with {code}: {verdict}")
            for problem in problems:
                print(f"      {problem}")
            runs, full, wrong = runs + 1, full + bool(code), wrong + bool(problems)
    print(f"{runs} runs on {chosen.engine}, {full} met a full disk, {wrong} wrong")
    return 1 if wrong else 0


def make_scenarios(engine: Engine) -> dict[str, Scenario]:
    steps = tuple(make_log_step(engine, 1000 + number) for number in range(STATEMENTS))
    first = File(name="1000_log", steps=(Step(sql="CREATE TABLE log (what text)"),))
    together = File(name="2000_steps", steps=steps)
    apart = tuple(
        File(name=f"{2000 + number}_step", steps=(step,))
        for number, step in enumerate(steps)
    )
    return {
        "none": Scenario(name="none", files=(first, together), mode="none"),
        "file": Scenario(name="file", files=(first, *apart)),
    }


def run_on_full_disk(
    scenario: Scenario,
    directory: Path,
    expected: evidence.Snapshot,
    server: Server | None,
    room: int,
) -> tuple[int, list[str]]:
    """Run on a full disk, free space and run again; return the first exit code, and
    what is wrong."""
    with (
        mount_small_disk(server) as small,
        create_database_on(server, small) as database,
    ):
        apply_scenario(scenario, directory, database, "1")
        if server:
            with server.connect(database.name) as connection:
                connection.execute(
                    f"ALTER TABLE {REVISIONS_TABLE} SET TABLESPACE small".encode()
                )
        ballast = fill_disk(small, room)
        child = fork_scenario(scenario, directory, database)
        code = child.wait()
        problems = list(evidence.find_wrong_claims(database, scenario.files))
        if "Traceback" in child.text:
            problems.append(child.text)
        ballast.unlink()
        apply_scenario(scenario, directory, database)
        problems += evidence.find_differences(
            expected, evidence.take_snapshot(database)
        )
    return code, problems


def fork_scenario(
    scenario: Scenario, directory: Path, database: Database, *count: str
) -> Child:
    return fork_run(
        ["--dir", str(directory), "--tx-mode", scenario.mode, *count], database.url
    )


def apply_scenario(
    scenario: Scenario, directory: Path, database: Database, *count: str
) -> None:
    child = fork_scenario(scenario, directory, database, *count)
    if child.wait() != DONE:
        raise SystemExit(f"The run failed with room on the disk:\n{child.text}")


@contextmanager
def mount_small_disk(server: Server | None) -> Iterator[Path]:
    """Mount a file system of a few hundred kilobytes until the block ends."""
    parent = server.folder if server else Path(os.environ.get("TMPDIR", "/tmp"))
    small = parent / f"dsm-faults-small-{os.getpid()}"
    small.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", small],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotMounted(done.stderr.strip())
        try:
            yield small
        finally:
            subprocess.run(["umount", small], check=True)
    finally:
        small.rmdir()


@contextmanager
def create_database_on(server: Server | None, small: Path) -> Iterator[Database]:
    """Keep a database until the block ends.

    A SQLite file is on the small file system; on PostgreSQL a tablespace is.
    """
    if server is None:
        path = small / "database"
        yield Database(url=f"sqlite:///{path}", name=path.name, folder=small)
        return
    change_owner(small, server.account)
    execute_on_server(server, f"CREATE TABLESPACE small LOCATION '{small}'")
    try:
        with create_database(server) as database:
            yield database
    finally:
        execute_on_server(server, "DROP TABLESPACE small")


def fill_disk(small: Path, room: int) -> Path:
    """Fill the file system but for some pages; return the file that fills it."""
    ballast = small / "ballast"
    left = shutil.disk_usage(small).free - 4096 * room
    ballast.write_bytes(b"\0" * max(0, left))
    return ballast
