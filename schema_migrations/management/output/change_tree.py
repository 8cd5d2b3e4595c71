"""Changes as a tree by app and table, and SQL, in the colours of the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, TypeVar

import sqlparse

from schema_migrations.management.output.lines import (
    TERMINAL_WIDTH,
    View,
    mask_controls,
)
from schema_migrations.plan.summary import SummaryLine, make_plural

T = TypeVar("T")

SIGN_ROLES = {"+": "SUCCESS", "-": "ERROR", "~": "WARNING", ">": "MIGRATE_HEADING"}
"""Change sign → role of Django's palette."""


MAX_ALIKE = 10
"""The most tables of an app with the same changes, and parts of a table, to list on a
terminal."""


def format_change_tree(lines: Sequence[SummaryLine], view: View) -> Iterator[str]:
    """Yield the changes grouped by app and table.

    On a terminal what comes too often is folded; ``-v 2`` lists everything.
    """
    grouped: dict[str, dict[str, list[SummaryLine]]] = {}
    for line in lines:
        grouped.setdefault(line.app, {}).setdefault(line.table, []).append(line)
    for app in sorted(grouped):
        yield view.style.MIGRATE_LABEL(f"  {app or 'database'}")
        tables = list(grouped[app].items())
        shown = fold_alike(tables, _shape_of_table, wanted=view.folds)
        for (table, own), folded in shown:
            yield from _format_table(table, own, view)
            if folded:
                yield f"    … and {folded} tables alike (-v 2 lists each)"


def _shape_of_table(table: tuple[str, list[SummaryLine]]) -> object:
    """Return what two tables with the same changes have in common."""
    name, lines = table
    return bool(name), tuple(sorted((line.sign, line.kind) for line in lines))


def fold_alike(
    items: Sequence[T], shape_of: Callable[[T], object], *, wanted: bool
) -> Iterator[tuple[T, int]]:
    """Yield items with 0; the last one of a shape with the number of those left out."""
    counts = Counter(map(shape_of, items))
    shown: Counter[object] = Counter()
    for item in items:
        shape = shape_of(item)
        shown[shape] += 1
        rest = counts[shape] - MAX_ALIKE if wanted else 0
        if rest <= 0 or shown[shape] <= MAX_ALIKE:
            yield item, max(rest, 0) if shown[shape] == MAX_ALIKE else 0


def _format_table(
    table: str, lines: Sequence[SummaryLine], view: View
) -> Iterator[str]:
    whole = [line for line in lines if line.kind == "table"]
    parts = [line for line in lines if line.kind != "table"]
    for line in whole:
        yield from _format_line(f"    {line.sign} table {line.name}", line, view)
    if parts and table and not whole:
        yield f"    ~ table {table}"
    indent = "        " if table else "    "
    width = max((len(f"{line.kind} {line.name}") for line in parts), default=0)
    shown = fold_alike(parts, attrgetter("sign", "kind"), wanted=view.folds)
    for line, folded in shown:
        text = f"{line.kind} {line.name}".ljust(min(width, 40))
        yield from _format_line(f"{indent}{line.sign} {text}", line, view)
        if folded:
            plural = make_plural(line.kind)
            yield f"{indent}… and {folded} {plural} alike (-v 2 lists each)"


def _format_line(text: str, line: SummaryLine, view: View) -> Iterator[str]:
    """Yield a change and its detail: below it, where a terminal has no room beside it."""
    text, detail = mask_controls(text), mask_controls(line.detail)
    role = getattr(view.style, SIGN_ROLES[line.sign])
    if not detail:
        yield role(text.rstrip())
    elif not view.on_terminal or len(f"{text}  {detail}") <= TERMINAL_WIDTH:
        yield f"{role(text)}  {detail}"
    else:
        yield role(text.rstrip())
        indent = " " * (len(text) - len(text.lstrip()) + 2)
        before, arrow, after = detail.partition(" -> ")
        if arrow and arrow not in after:
            yield f"{indent}   {before}"
            yield f"{indent}-> {after}"
        else:
            yield f"{indent}{detail}"


def colour_sql(text: str, style: Any) -> str:
    """Return SQL with its keywords in the palette's colour; unchanged without colours.

    Its own control characters are masked, also those that are colours.
    """
    text = mask_controls(text)
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
