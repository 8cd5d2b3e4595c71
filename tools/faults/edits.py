"""Edit a file of a history, and check that a run refuses it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from schema_migrations.history.directory import rehash
from schema_migrations.history.revision import Revision
from tools.faults import evidence
from tools.faults.child import fork_run
from tools.faults.databases import Database
from tools.faults.reports import last_lines_of
from tools.faults.scenarios import Scenario
from tools.faults.steps import File

REFUSED = 4
"""Exit code: the history does not match."""


def find_unrefused_edits(
    scenario: Scenario, folder: Path, options: Sequence[str], database: Database
) -> Iterator[str]:
    """Run with a changed first statement in a file, and describe what is not refused.

    The last file that has run, at least in part, is changed behind the back of
    ``atlas.sum`` and with the sum corrected; the last file of all, if it has not, only
    behind its back.
    """
    rows = evidence.read_rows_by_version(database)
    begun, waiting = _choose_files(scenario, rows)
    if begun:
        with _edit_copy(folder, begun) as edited:
            yield from _run_edited(options, edited, database, "an edited file")
            rehash(edited)
            yield from _run_edited(
                options, edited, database, "an edited file and its sum"
            )
    if waiting:
        with _edit_copy(folder, waiting) as edited:
            yield from _run_edited(
                options, edited, database, "an edited file that has not run"
            )
    if evidence.read_rows_by_version(database) != rows:
        yield "a file was edited, and a run that must refuse it changed the revisions"


def _choose_files(
    scenario: Scenario, rows: Mapping[str, Revision]
) -> tuple[File | None, File | None]:
    """Return the last file that has run, at least in part, and the last one of all unless
    it has a row."""
    begun = [
        file
        for file in scenario.files
        if file.version in rows and rows[file.version].applied
    ]
    last = scenario.files[-1]
    return begun[-1] if begun else None, None if last.version in rows else last


@contextmanager
def _edit_copy(folder: Path, file: File) -> Iterator[Path]:
    """Keep a copy of a directory in which a file is edited until the block ends."""
    with tempfile.TemporaryDirectory(prefix="dsm-faults-") as path:
        edited = Path(shutil.copytree(folder, Path(path) / "edited"))
        text, first = edited / f"{file.name}.sql", file.steps[0].sql
        text.write_text(text.read_text().replace(first, f"{first} /* edited */", 1))
        yield edited


def _run_edited(
    options: Sequence[str], edited: Path, database: Database, what: str
) -> Iterator[str]:
    child = fork_run([*options, "--dir", str(edited)], database.run_url)
    if (code := child.wait()) != REFUSED:
        yield f"{what}: the run ended with {code}: {last_lines_of(child)}"
