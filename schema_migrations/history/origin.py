"""The line at a file's top that says what made it, and on which server it was proved.

Pure.  The SQL of one engine does not run on another, or does something else there, so
the line also tells where a file belongs.  A file without it may run anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from schema_migrations.errors import FileOfOtherEngine
from schema_migrations.history.file import MigrationFile
from schema_migrations.version import VERSION

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


def refuse_other_engine(
    files: Iterable[MigrationFile], *, engine: str, target: str
) -> None:
    """Raise ``FileOfOtherEngine`` for files that were proved on an engine but this one.

    ``engine`` and ``target`` are the names of the engine and of what the files run on.
    """
    proved_on = {file.name: find_proving_engine(file) for file in files}
    others = [name for name, other in proved_on.items() if other not in ("", engine)]
    if others:
        raise FileOfOtherEngine(
            files=tuple(others),
            proved_on=proved_on[others[0]],
            target=target,
            engine=engine,
        )
