"""Files in the form of other tools, of which a part undoes the rest.

Here a file runs as a whole, and so would that part.  Invariant: a file without SQL that
undoes is not refused, whatever its comments say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schema_migrations.history.file import MigrationFile

_MARKERS = (
    ("goose", rb"--[ \t]*\+goose[ \t]+"),
    ("sql-migrate", rb"--[ \t]*\+migrate[ \t]+"),
    ("dbmate", rb"--[ \t]*migrate:[ \t]*"),
)
"""The tool, and how a line begins that starts one of the two parts of its files."""

_ANY_MARKER = re.compile(
    rb"--[ \t]*(?:\+goose|\+migrate|migrate:)",  # a search for -- is fast
    re.IGNORECASE,
)

_UNDOING_NAME = re.compile(r"\.down\.sql$|^U\d[^_]*__", re.IGNORECASE)
"""golang-migrate's and sqlx's ``1_a.down.sql``, and Flyway's ``U1__a.sql``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoingPart:
    """The part of a file that its tool runs only to undo the rest."""

    tool: str
    line: int
    """1-based line of the comment that begins it."""
    marker: str
    """That comment."""


def is_undoing_file(name: str) -> bool:
    """Return whether the whole file undoes another one, by its name."""
    return bool(_UNDOING_NAME.search(name))


def find_undoing_part(file: MigrationFile) -> UndoingPart | None:
    """Return the part that undoes the rest of the file; None: it has none with SQL."""
    if not _ANY_MARKER.search(file.content):  # nearly every file
        return None
    for tool, start in _MARKERS:
        up = re.search(rb"^[ \t]*" + start + rb"up\b", file.content, _FLAGS)
        down = re.search(rb"^[ \t]*" + start + rb"down\b[^\r\n]*", file.content, _FLAGS)
        if up and down and _has_sql(_part_after(file.content, down, start)):
            return UndoingPart(
                tool=tool,
                line=file.content.count(b"\n", 0, down.start()) + 1,
                marker=down[0].decode(errors="replace").strip(),
            )
    return None


_FLAGS = re.MULTILINE | re.IGNORECASE


def _part_after(content: bytes, marker: re.Match[bytes], start: bytes) -> bytes:
    """Return the text from a marker to the next part of the same tool."""
    following = re.compile(rb"^[ \t]*" + start + rb"up\b", _FLAGS)
    end = following.search(content, marker.end())
    return content[marker.end() : end.start() if end else len(content)]


def _has_sql(part: bytes) -> bool:
    lines = (line.strip() for line in part.splitlines())
    return any(line and not line.startswith(b"--") for line in lines)
