"""Tell from names and times whether a directory may have changed, without reading files.

For what must not take time, such as the checks that run with every command.  Invariant:
only a file that is older than ``atlas.sum`` and listed there in its place goes unread.
What such a file holds was judged by who wrote that: ``schemahash`` writes none for what
is refused, but Atlas may.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from schema_migrations.errors import FileNotAccessible, SumFileInvalid
from schema_migrations.history.directives import is_sum_ignored
from schema_migrations.history.directory import read_file
from schema_migrations.history.file import FILE_SUFFIX, MigrationFile
from schema_migrations.history.integrity import has_clear_names
from schema_migrations.history.sums import SUM_FILE, parse_sum_file, sort_files

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_FILE = "atlas.hcl"
"""Atlas's configuration, in the folder where it runs."""


def is_untouched(path: Path) -> bool:
    """Return whether nothing tells that a folder differs from its ``atlas.sum``.

    An edit that leaves a file as old as it was is only found by reading.
    """
    with suppress(OSError, UnicodeError, FileNotAccessible, SumFileInvalid):
        sum_file = path / SUM_FILE
        written_at = sum_file.stat().st_mtime_ns
        names = set[str]()
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.endswith(FILE_SUFFIX) and not entry.is_dir():
                    if entry.stat().st_mtime_ns > written_at:
                        return False
                    names.add(entry.name)
        listed = [
            name for name, _ in parse_sum_file(read_file(sum_file).decode()).entries
        ]
        ignored = {name for name in names - set(listed) if name[0] != "."}
        files = sort_files(
            MigrationFile(name=name, content=b"") for name in (*listed, *ignored)
        )
        return (
            names >= set(listed)
            and listed == [file.name for file in files if file.name not in ignored]
            and all(is_sum_ignored(read_file(path / name)) for name in ignored)
            and has_clear_names(files)
        )
    return False
