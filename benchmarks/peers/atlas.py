"""Atlas's community program, where it is on ``PATH``.

Models are beyond it, so its desired state is the SQL that makes their tables.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from benchmarks.bench import Bench, Work
from benchmarks.measuring import MOST_SECONDS, Candidate, run_process
from benchmarks.results import Run

DIFF = "`atlas migrate diff`"
APPLY = "`atlas migrate apply`"
STATUS = "`atlas migrate status`"
QUIET = {"ATLAS_NO_UPDATE_NOTIFIER": "1", "ATLAS_NO_UPGRADE_SUGGESTIONS": "1"}


def find_atlas() -> Path | None:
    found = shutil.which("atlas")
    return Path(found) if found else None


def describe_atlas(program: Path | None) -> str:
    """Return the first line of its version, or that it is not there."""
    if program is None:
        return "no Atlas (it is not on PATH)"
    done = subprocess.run([program, "version"], capture_output=True, text=True)
    return done.stdout.partition("\n")[0]


def add_diff(work: Work, bench: Bench) -> list[Candidate]:
    """Return the comparison of the directory with the SQL of the models; none without
    Atlas."""
    program = work.atlas
    if program is None:
        return []
    copy = bench.folder / "atlas_directory"
    schema = bench.folder / "models.sql"
    schema.write_text("".join(file.read_text() for file in bench.list_files()[:1]))

    def run() -> Run:
        # It would write a file where it finds a difference.
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(bench.directory, copy)
        url = _url_of(bench.make_database("atlas_dev"))
        options = ("--dir", f"file://{copy}", "--to", f"file://{schema}")
        return _run_atlas(program, bench, "diff", *options, "--dev-url", url)

    return [Candidate(what=DIFF, run=run)]


def add_apply(work: Work, bench: Bench) -> list[Candidate]:
    """Return the applying of all files to an empty database."""
    program = work.atlas
    if program is None:
        return []

    def run() -> Run:
        url = _url_of(bench.make_database())
        options = ("--dir", f"file://{bench.directory}", "--url", url)
        return _run_atlas(program, bench, "apply", *options)

    return [Candidate(what=APPLY, run=run)]


def add_status(work: Work, bench: Bench, url: str) -> list[Candidate]:
    """Return the status of a database, from our table of revisions."""
    program = work.atlas
    if program is None:
        return []

    def run() -> Run:
        options = ("--dir", f"file://{bench.directory}", "--url", _url_of(url))
        return _run_atlas(
            program, bench, "status", *options, "--revisions-schema", "public"
        )

    return [Candidate(what=STATUS, run=run)]


def _url_of(url: str) -> str:
    return f"{url}&sslmode=disable&search_path=public"


def _run_atlas(program: Path, bench: Bench, *words: str) -> Run:
    command: tuple[str | Path, ...] = (program, "migrate", *words)
    return run_process(
        *command,
        cwd=bench.folder,
        env=os.environ | QUIET,
        most_seconds=MOST_SECONDS,
    )
