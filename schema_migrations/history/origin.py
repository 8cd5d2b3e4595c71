"""The line at a file's top that says what made it, and on which server it was proved.

Pure.  The SQL of one engine does not run on another, or does something else there, so
the line also tells where a file belongs.  A file without it may run anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema_migrations.errors import FileOfOtherEngine
from schema_migrations.version import VERSION

if TYPE_CHECKING:
    from schema_migrations.history.file import MigrationFile

_PROVED_ON = re.compile(
    r"--\s*Made by django-schema-migrations \S+, proved on (?P<engine>\w+) \d"
)


def format_origin(proved_on: str = "") -> str:
    """Return the line for a header; ``proved_on`` is ``PostgreSQL 17.4``, or nothing."""
    proof = f", proved on {proved_on}" if proved_on else ""
    return f"Made by django-schema-migrations {VERSION}{proof}."


def find_proving_engine(file: MigrationFile) -> str:
    """Return the name of the engine that a file was proved on; empty: unknown."""
    matches = map(_PROVED_ON.match, file.leading_comments)
    return next((match["engine"] for match in matches if match), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What files are to run on."""

    name: str
    """For messages: a database's URL without password, ``the dev database`` …"""
    engine: str
    """The name of its engine: ``PostgreSQL``."""


def find_foreign_origin(
    files: Iterable[MigrationFile], destination: Destination
) -> FileOfOtherEngine | None:
    """Return the error for files that were proved on another engine; None: there are none."""
    proved_on = {file.name: find_proving_engine(file) for file in files}
    others = [
        name
        for name, other in proved_on.items()
        if other not in ("", destination.engine)
    ]
    if not others:
        return None
    return FileOfOtherEngine(
        files=tuple(others),
        proved_on=proved_on[others[0]],
        target=destination.name,
        engine=destination.engine,
    )


def refuse_other_engine(
    files: Iterable[MigrationFile], destination: Destination
) -> None:
    """Raise ``FileOfOtherEngine`` for files that were proved on an engine but this one."""
    if problem := find_foreign_origin(files, destination):
        raise problem
