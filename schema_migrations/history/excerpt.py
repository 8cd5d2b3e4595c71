"""Where in a file a statement went wrong: the line, and a caret under the place."""

from __future__ import annotations

from schema_migrations.history.statements import SourceStatement


def locate_position(statement: SourceStatement, position: int) -> tuple[int, int]:
    """Return the 1-based line and column of a 1-based position; 0: unknown → the start."""
    return statement.locate(position) if position else (statement.line, 0)


def format_excerpt(statement: SourceStatement, position: int) -> str:
    """Return the line of a statement that holds ``position``, with a caret below it.

    ``position`` is 1-based in characters, as PostgreSQL counts; 0 shows the first line
    without a caret, since the server did not say.
    """
    line, column = locate_position(statement, position)
    shown = statement.sql.splitlines()[line - statement.line]
    gutter = f"{line:>5} | "
    if not position:
        return gutter + shown
    inside = column - statement.column if line == statement.line else column - 1
    lead = "".join("\t" if c == "\t" else " " for c in shown[:inside])
    return f"{gutter}{shown}\n{' ' * (len(gutter) - 2)}| {lead}^"
