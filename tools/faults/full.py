"""Let the disk get full while files run, make room, and run again.

PostgreSQL: that of a tablespace which holds the table of revisions; SQLite: that of the
database.  A small tmpfs stands for it, which only root can mount.
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
from schema_migrations.revision_store import REVISIONS_TABLE
from tools.faults import evidence
from tools.faults.child import DONE, Child, forked
from tools.faults.places import Database, administer, fresh
from tools.faults.scenarios import Engine, File, Scenario, Step, logged
from tools.faults.server import Server

SIZE = 512 * 1024
STATEMENTS = 60
"""Enough that the table of revisions needs pages more, whether they are of one file
(their hashes grow out of its row) or each of its own."""

ROOM = (0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 32)
NOT_RUN = 3


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--room",
        action="append",
        type=int,
        help="pages of 4 KiB that are left (repeatable; default: several numbers)",
    )


def run(chosen: argparse.Namespace, server: Server | None, folder: Path) -> int:
    """Return 1 when anything was lost or done twice, 3 where nothing can be mounted."""
    met = wrong = tried = 0
    for name, scenario in scenarios(chosen.engine).items():
        directory = scenario.write(folder / name)
        with fresh(server) as database:
            apply(scenario, directory, database)
            expected = evidence.snapshot(database)
        for room in ROOM if chosen.room is None else chosen.room:
            try:
                code, problems = one(scenario, directory, expected, server, room)
            except NotMounted as reason:
                print(f"NOT RUN: a small file system cannot be mounted here: {reason}")
                return NOT_RUN
            told = "WRONG" if problems else "ok"
            print(f"{name}, {room} pages left: the run ended with {code}: {told}")
            for problem in problems:
                print(f"      {problem}")
            tried, met, wrong = tried + 1, met + bool(code), wrong + bool(problems)
    print(f"{tried} runs on {chosen.engine}, {met} met a full disk, {wrong} wrong")
    return 1 if wrong else 0


def scenarios(engine: Engine) -> dict[str, Scenario]:
    steps = tuple(logged(engine, 1000 + number) for number in range(STATEMENTS))
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


def one(
    scenario: Scenario,
    directory: Path,
    expected: evidence.Snapshot,
    server: Server | None,
    room: int,
) -> tuple[int, list[str]]:
    """Return what the run ended with on the full disk, and what was wrong."""
    with mounted(server) as small, placed(server, small) as database:
        apply(scenario, directory, database, "1")
        if server:
            with server.connect(database.name) as connection:
                connection.execute(
                    f"ALTER TABLE {REVISIONS_TABLE} SET TABLESPACE small".encode()
                )
        ballast = fill(small, room)
        child = run_of(scenario, directory, database)
        code = child.wait()
        problems = list(evidence.claims(database, scenario.files))
        if "Traceback" in child.text:
            problems.append(child.text)
        ballast.unlink()
        apply(scenario, directory, database)
        problems += evidence.differences(expected, evidence.snapshot(database))
    return code, problems


def run_of(
    scenario: Scenario, directory: Path, database: Database, *count: str
) -> Child:
    return forked(
        ["--dir", str(directory), "--tx-mode", scenario.mode, *count], database.url
    )


def apply(scenario: Scenario, directory: Path, database: Database, *count: str) -> None:
    child = run_of(scenario, directory, database, *count)
    if child.wait() != DONE:
        raise SystemExit(f"With room on the disk, it failed:\n{child.text}")


class NotMounted(Exception):
    """The reason."""


@contextmanager
def mounted(server: Server | None) -> Iterator[Path]:
    """A file system of a few hundred kilobytes."""
    parent = server.folder if server else Path(os.environ.get("TMPDIR", "/tmp"))
    small = parent / f"dsm-faults-small-{os.getpid()}"
    small.mkdir()
    try:
        told = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", small],
            capture_output=True,
            text=True,
            check=False,
        )
        if told.returncode:
            raise NotMounted(told.stderr.strip())
        try:
            yield small
        finally:
            subprocess.run(["umount", small], check=True)
    finally:
        small.rmdir()


@contextmanager
def placed(server: Server | None, small: Path) -> Iterator[Database]:
    """A database, on SQLite on the small file system, else with a tablespace there."""
    if server is None:
        path = small / "database"
        yield Database(url=f"sqlite:///{path}", name=path.name, folder=small)
        return
    change_owner(small, server.account)
    administer(server, f"CREATE TABLESPACE small LOCATION '{small}'")
    try:
        with fresh(server) as database:
            yield database
    finally:
        administer(server, "DROP TABLESPACE small")


def fill(small: Path, room: int) -> Path:
    """Fill the file system but for some pages; return the file to remove."""
    ballast = small / "ballast"
    left = shutil.disk_usage(small).free - 4096 * room
    ballast.write_bytes(b"\0" * max(0, left))
    return ballast
