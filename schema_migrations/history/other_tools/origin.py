"""The line of a file that says which file of another tool, or which migration, it was.

Invariant: what ``format_other_origin`` writes, ``find_other_origin`` reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from schema_migrations.history.file import MigrationFile
from schema_migrations.history.other_tools.migration import REPEATABLE

_ORIGIN = re.compile(
    r"--\s*from: (?P<tool>[a-z-]+) (?P<version>[\w.-]+) \((?P<file>.+)\)\s*"
)
FIRST_OF_DJANGO = "initial"
"""Stands for the version of the file that holds all migrations before a date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherOrigin:
    """What a file was in another tool's folder."""

    tool: str
    version: str
    file: str

    @property
    def is_repeatable(self) -> bool:
        return self.version == REPEATABLE

    @property
    def script(self) -> str:
        """The file's name without folders."""
        return self.file.rpartition("/")[2]


def format_other_origin(origin: OtherOrigin) -> str:
    return f"-- from: {origin.tool} {origin.version} ({origin.file})"


def find_other_origin(file: MigrationFile) -> OtherOrigin | None:
    """Return where a file came from; None: another tool never had it."""
    if b"from: " not in file.content:
        return None
    matches = map(_ORIGIN.fullmatch, file.leading_comments)
    return next((OtherOrigin(**match.groupdict()) for match in matches if match), None)
