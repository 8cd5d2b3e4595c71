"""Edit a file that has run, at least in part, and check that a run refuses it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from schema_migrations.history.directory import rehash
from tools.faults import evidence
from tools.faults.child import fork_run
from tools.faults.databases import Database
from tools.faults.reports import last_lines_of
from tools.faults.scenarios import Scenario

REFUSED = 4
"""Exit code: the history does not match."""


def find_unrefused_edits(
    scenario: Scenario, folder: Path, options: Sequence[str], database: Database
) -> Iterator[str]:
    """Run with a changed first statement in the last file that has run, at least in part:
    first behind the back of ``atlas.sum``, then with the sum corrected."""
    rows = evidence.read_rows_by_version(database)
    begun = [
        file
        for file in scenario.files
        if file.version in rows and rows[file.version].applied
    ]
    if not begun:
        return
    with tempfile.TemporaryDirectory(prefix="dsm-faults-") as path:
        edited = Path(shutil.copytree(folder, Path(path) / "edited"))
        file, first = edited / f"{begun[-1].name}.sql", begun[-1].steps[0].sql
        file.write_text(file.read_text().replace(first, f"{first} /* edited */", 1))
        for what in ("an edited file", "an edited file and its sum"):
            child = fork_run([*options, "--dir", str(edited)], database.url)
            if (code := child.wait()) != REFUSED:
                yield f"{what}: the run ended with {code}: {last_lines_of(child)}"
                return
            rehash(edited)
    if evidence.read_rows_by_version(database) != rows:
        yield f"{begun[-1].name} was edited, and a run that refused it changed its row"
