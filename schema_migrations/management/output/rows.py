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
    counters: list[str]
    """Numbered columns (on SQLite their tables) and sequences that it sets forward."""
    left_out: list[RowCountJson]
    """What it leaves out on request."""
    altered: list[RowCountJson]
    """What earlier files make with other values; they stay."""
    missing: list[RowCountJson]
    """What earlier files make, and the migrations do not leave; they stay."""
    numbered_apart: list[RowCountJson]
    """What it leaves out, since it is, or refers to, content types or permissions, to
    which each database in use gave numbers of its own."""
    bound_to_policies: list[str]
    """Tables that get rows, and whose row security binds their owner as well."""
    differences: MigrationDifferencesJson | None
    """What the migrations make besides; null: only some apps were looked at."""


def rows_as_json(rows: RowsFile) -> RowsJson:
    return {
        "tables": _counts_as_json(rows.counts),
        "counters": list(rows.counters),
        "left_out": _counts_as_json(rows.left_out),
        "altered": _counts_as_json(rows.altered),
        "missing": _counts_as_json(rows.missing),
        "numbered_apart": _counts_as_json(rows.numbered_apart),
        "bound_to_policies": list(rows.bound_to_policies),
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
        else "Rows     none to add: the files make all that Django's migrations leave"
    )
    for table, number in rows.counts.items():
        yield f"           {table}: {number:,}"
    if rows.counters:
        yield f"         {format_count(len(rows.counters), 'counter')} set forward"
    for table, number in rows.left_out.items():
        yield f"         left out: {table}: {number:,}"
    for table, number in rows.altered.items():
        yield f"         left as earlier files make them: {table}: {number:,}"
    for table, number in rows.missing.items():
        yield f"         left, though migrations leave no such row: {table}: {number:,}"
    for table, number in rows.numbered_apart.items():
        yield (
            f"         NEEDS A LOOK: left out, since each database numbers its content"
            f" types and permissions: {table}: {number:,}"
        )
    if rows.bound_to_policies:
        yield (
            f"         NEEDS A LOOK: row security may refuse the owner's rows:"
            f" {', '.join(rows.bound_to_policies)}"
        )


def describe_proof(rows: RowsFile) -> str:
    """Return what was proved of a file of rows, and no more."""
    found, those = rows.differences, "the rows"
    if found is None:
        those = "the rows of these apps"
    elif found.holds_rows_elsewhere or found.unknown_reason:
        those = "the rows of the files' tables and columns"
    if rows.left_out or rows.altered or rows.missing or rows.numbered_apart:
        those = f"but for those named above, {those}"
    return f"Proved   {those} are those that Django's migrations leave."


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
