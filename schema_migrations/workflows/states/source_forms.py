"""Decide what the text of a source means, once.  Pure but for a look at a path.

Invariant: whoever needs to know the form of a source asks its ``Source``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schema_migrations.engines.registry import is_database_url
from schema_migrations.errors import UnknownSource
from schema_migrations.history.file import FILE_SUFFIX
from schema_migrations.history.path_url import is_path_url, path_from_text

FILES, MODELS, MIGRATIONS = "files", "models", "migrations"
ALIAS_PREFIX = "db:"

SourceForm = Literal["files", "models", "migrations", "live", "folder", "sql"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a schema is read from."""

    form: SourceForm
    """``migrations``: what the project's own Django migrations make; ``live``: a database;
    ``folder``: migration files; ``sql``: one plain file."""
    text: str
    """As it was given."""
    path: Path = Path()
    """Of a folder or a file."""


def read_source(text: str) -> Source:
    """Return the source that a text names.

    Raises ``UnknownSource`` for a path that is neither a folder nor a ``.sql`` file, and
    ``InvalidUrl`` for a ``file://`` URL that cannot be read.
    """
    if text == FILES:
        return Source(form="files", text=text)
    if text == MODELS:
        return Source(form="models", text=text)
    if text == MIGRATIONS:
        return Source(form="migrations", text=text)
    is_url = is_path_url(text)
    if not is_url and (text.startswith(ALIAS_PREFIX) or is_database_url(text)):
        return Source(form="live", text=text)
    path = path_from_text(text) if is_url else Path(text)
    if path.is_dir():
        return Source(form="folder", text=text, path=path)
    if path.is_file() and path.suffix == FILE_SUFFIX:
        return Source(form="sql", text=text, path=path)
    raise UnknownSource(source=text)
