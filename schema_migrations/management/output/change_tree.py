"""Changes as a tree by app and table, and SQL, in the colours of the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlparse

from schema_migrations.plan.summary import SummaryLine

SIGN_ROLES = {"+": "SUCCESS", "-": "ERROR", "~": "WARNING", ">": "MIGRATE_HEADING"}
"""Change sign → role of Django's palette."""


def format_change_tree(
    lines: Sequence[SummaryLine], apps: Mapping[str, str], style: Any
) -> Iterator[str]:
    """Yield the changes grouped by app and table."""
    grouped: dict[str, dict[str, list[SummaryLine]]] = {}
    for line in lines:
        app = find_app(line.table, apps) if line.table else ""
        grouped.setdefault(app, {}).setdefault(line.table, []).append(line)
    for app in sorted(grouped):
        yield style.MIGRATE_LABEL(f"  {app or 'database'}")
        for table, own in grouped[app].items():
            yield from _format_table(table, own, style)


def _format_table(
    table: str, lines: Sequence[SummaryLine], style: Any
) -> Iterator[str]:
    whole = [line for line in lines if line.kind == "table"]
    parts = [line for line in lines if line.kind != "table"]
    for line in whole:
        yield _format_line(f"    {line.sign} table {line.name}", line, style)
    if parts and table and not whole:
        yield f"    ~ table {table}"
    indent = "        " if table else "    "
    width = max((len(f"{line.kind} {line.name}") for line in parts), default=0)
    for line in parts:
        text = f"{line.kind} {line.name}".ljust(min(width, 40))
        yield _format_line(f"{indent}{line.sign} {text}", line, style)


def _format_line(text: str, line: SummaryLine, style: Any) -> str:
    role = getattr(style, SIGN_ROLES[line.sign])
    detail = f"  {line.detail}" if line.detail else ""
    return f"{role(text)}{detail}".rstrip()


def find_app(table: str, apps: Mapping[str, str]) -> str:
    """Return the app of a table; of one that no model has any more, its prefix."""
    if table in apps:
        return apps[table]
    labels = sorted(set(apps.values()), key=len, reverse=True)
    return next((label for label in labels if table.startswith(f"{label}_")), "")


def colour_sql(text: str, style: Any) -> str:
    """Return SQL with its keywords in the palette's colour; unchanged without colours."""
    if style.SQL_KEYWORD("x") == "x":
        return text.rstrip("\n")
    lines = []
    for line in text.rstrip("\n").split("\n"):
        if line.lstrip().startswith("--"):
            lines.append(style.HTTP_NOT_MODIFIED(line))
        else:
            lines.append("".join(_colour_tokens(line, style)))
    return "\n".join(lines)


def _colour_tokens(line: str, style: Any) -> Iterator[str]:
    parsed: Any = sqlparse.parse(line)
    for statement in parsed:
        for token in statement.flatten():
            text = str(token.value)
            yield style.SQL_KEYWORD(text) if token.is_keyword else text
