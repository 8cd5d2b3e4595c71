"""Excerpts for errors: the line of a file, with a caret below the position."""

from __future__ import annotations

from schema_migrations.history.statements import SourceStatement


def locate_position(statement: SourceStatement, position: int) -> tuple[int, int]:
    """Return the 1-based line and column of a 1-based position; the start for 0."""
    return statement.locate(position) if position else (statement.line, 0)


def format_excerpt(statement: SourceStatement, position: int) -> str:
    """Return the line of a statement that contains ``position``, with a caret below it.

    ``position`` counts characters from 1, as PostgreSQL does; 0 (the server gave none)
    shows the first line without a caret.
    """
    line, column = locate_position(statement, position)
    shown = statement.sql.splitlines()[line - statement.line]
    gutter = f"{line:>5} | "
    if not position:
        return gutter + shown
    inside = column - statement.column if line == statement.line else column - 1
    lead = "".join("\t" if c == "\t" else " " for c in shown[:inside])
    return f"{gutter}{shown}\n{' ' * (len(gutter) - 2)}| {lead}^"
