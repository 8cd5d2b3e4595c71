"""How ``schemadiff --rows`` shows the file of rows: tables and numbers, never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict

from schema_migrations.management.output.lines import View, format_count
from schema_migrations.management.output.migration_differences import (
    MigrationDifferencesJson,
    migration_differences_as_json,
)
from schema_migrations.management.output.next_command import format_command
from schema_migrations.workflows.planning.rows_file import RowsFile


class RowCountJson(TypedDict):
    table: str
    rows: int


class RowsJson(TypedDict):
    tables: list[RowCountJson]
    """What the file adds."""
    left_out: list[RowCountJson]
    """What it leaves out on request."""
    altered: list[RowCountJson]
    """What earlier files make with other values; they stay."""
    differences: MigrationDifferencesJson | None
    """What the migrations make besides; null: only some apps were looked at."""


def rows_as_json(rows: RowsFile) -> RowsJson:
    return {
        "tables": _counts_as_json(rows.counts),
        "left_out": _counts_as_json(rows.left_out),
        "altered": _counts_as_json(rows.altered),
        "differences": migration_differences_as_json(rows.differences)
        if rows.differences
        else None,
    }


def _counts_as_json(counts: Mapping[str, int]) -> list[RowCountJson]:
    return [{"table": table, "rows": count} for table, count in counts.items()]


def describe_rows(rows: RowsFile) -> Iterator[str]:
    """Yield what the file of rows adds and leaves out; never a value."""
    count = format_count(sum(rows.counts.values()), "row")
    tables = format_count(len(rows.counts), "table")
    yield (
        f"Rows     {count} of {tables}, left by Django's migrations"
        if rows.counts
        else "Rows     none: Django's migrations leave no others than the files"
    )
    for table, number in rows.counts.items():
        yield f"           {table}: {number:,}"
    for table, number in rows.left_out.items():
        yield f"         left out: {table}: {number:,}"
    for table, number in rows.altered.items():
        yield f"         left as earlier files make them: {table}: {number:,}"


def hide_values(text: str) -> str:
    """Return the comments of a file of rows: a terminal is no place for its values."""
    lines = [line for line in text.splitlines() if line.startswith("-- ")]
    return "\n".join([*lines, "-- (The values are in the file only.)", ""])


def suggest_baseline(rows: RowsFile, path: Path, view: View) -> Iterator[str]:
    """Yield how a database that ``migrate`` made comes to count as up to date."""
    version = path.name.partition("_")[0]
    command = format_command(f"schemaapply --baseline {version}", view.given)
    if _migrations_make_it_all(rows):
        yield "         A database that migrate made has all of it, so mark it as applied"
        yield f"         there: {command}"
        return
    compare = format_command("schemastatus --drift", view.given)
    yield "         A database that migrate made has these rows, but not all else: compare"
    yield f"         and mend it first: {compare}"
    yield f"         Then mark it as applied there: {command}"


def _migrations_make_it_all(rows: RowsFile) -> bool:
    """Return whether a database of ``migrate`` lacks nothing that the files make."""
    found = rows.differences
    if found is None:
        return True
    return not found.unknown_reason and all(
        each.kind == "surplus" for each in (*found.kept, *found.left)
    )
