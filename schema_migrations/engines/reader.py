"""The interface of what reads a schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from schema_migrations.engines.connection import Cursor
    from schema_migrations.engines.content import ContentReader
    from schema_migrations.schema.model import Key, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """The functions that read a schema."""

    inspect: Callable[[Cursor], Schema]
    content: ContentReader
    canonicalize: Callable[[Cursor, Schema, frozenset[Key]], Schema] | None = None
    """Bring definitions to the form that the server prints.  None: that is stable."""
    find_missing_roles: Callable[[Cursor, Collection[str]], frozenset[str]] | None = (
        None
    )
    """Return those of some roles that the server lacks.  None: it has no roles."""
    explain_dangling: Callable[[Cursor], str] | None = None
    """Say which view or trigger names a missing object.  None: the server prevents that."""
