"""How an engine reads the content of a database: rows and counters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from schema_migrations.schema.content import CounterPosition, Row
    from schema_migrations.schema.model import Key, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentReader:
    """The functions that read content over a driver's cursor; they change nothing."""

    read_row_counts: Callable[[Any, Collection[Key]], Mapping[Key, int]]
    """Return the numbers of rows of those tables that have some."""
    read_rows: Callable[[Any, Table, Sequence[str], Sequence[str]], tuple[Row, ...]]
    """(cursor, table, columns, columns to sort by) → the rows as literals of SQL."""
    read_counters: Callable[[Any], Mapping[Key, CounterPosition]]
    """Return ``Content.counters`` of the whole database."""
