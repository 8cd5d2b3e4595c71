"""One action on a table, where one statement can do several.  Pure."""

from __future__ import annotations

from dataclasses import dataclass

from schema_migrations.schema.model import NO_KEYS, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAction:
    sql: str
    definition: str = ""
    """What follows the SQL, on a line of its own where there is room."""
    verb: str
    """``Add``, ``Drop``, ``Change the type of`` …, for a reader."""
    noun: str
    """``column``, ``check constraint`` …, for a reader."""
    subject: Key
    """The column or constraint."""
    step: int | None
    """When the server does it within one statement, smaller first; None: it stays alone."""
    reads: frozenset[Key] = NO_KEYS
    """What its expression or definition needs."""
    is_for_new_rows: bool = False
    """It sets or drops a default: no constraint looks at that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAlteration:
    table: Key
    actions: tuple[TableAction, ...]
    only: bool = False
    """Tables that inherit from it stay as they are."""
