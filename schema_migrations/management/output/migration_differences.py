"""How ``schemadiff`` shows what Django's own migrations make and models do not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypedDict

from schema_migrations.management.output.change_tree import (
    colour_sql,
    format_change_tree,
)
from schema_migrations.management.output.drift import describe_difference
from schema_migrations.management.output.lines import (
    Document,
    Formats,
    Line,
    View,
    format_beside,
    format_count,
    make_json_format,
    mask_controls,
)
from schema_migrations.management.output.next_command import format_command
from schema_migrations.management.output.schemastatus import DifferenceJson
from schema_migrations.plan.differences import (
    REAL_KINDS,
    Difference,
    DifferenceKind,
)
from schema_migrations.workflows.planning.migration_differences import (
    MigrationDifferences,
)

HEADINGS: Mapping[DifferenceKind, str] = {
    "missing": "Made by the models alone",
    "different": "Different in Django's migrations (there -> in the models)",
    "surplus": "Made by Django's migrations alone",
}
"""Kind → its heading."""


class UnmanagedModelJson(TypedDict):
    model: str
    """``shop.Role``."""
    table: str
    """The table or view that it reads."""


class MigrationDifferencesJson(TypedDict):
    kept: list[DifferenceJson]
    """What SQL in ``EXTRA`` can say; ``surplus``: the migrations alone make it."""
    left: list[DifferenceJson]
    """What no statement after the models makes: partitions, and what needs what is
    left."""
    sql: str
    """For a file that ``EXTRA`` names; empty: nothing is kept."""
    unmanaged_models: list[UnmanagedModelJson]
    """Models that are ``managed = False`` and read what only the migrations make."""
    unknown_reason: str
    """Why they could not be compared; empty: they were."""


def migration_differences_as_json(
    differences: MigrationDifferences,
) -> MigrationDifferencesJson:
    return {
        "kept": [_difference_as_json(each) for each in differences.kept],
        "left": [_difference_as_json(each) for each in differences.left],
        "sql": differences.extra_text,
        "unmanaged_models": [
            {"model": model, "table": table}
            for table, model in differences.unmanaged_models.items()
        ],
        "unknown_reason": differences.unknown_reason,
    }


def _difference_as_json(difference: Difference) -> DifferenceJson:
    line = difference.line
    return {
        "kind": difference.kind,
        "object": line.kind,
        "table": line.table,
        "name": line.name,
        "detail": line.detail,
    }


def describe_migration_differences(
    differences: MigrationDifferences, view: View
) -> Iterator[str]:
    """Yield what differs, and the command that prints the SQL which keeps it."""
    yield from _format_differences(differences, view)
    if differences.extra_text:
        yield "         If a database from the files is to have what the migrations made by"
        yield "         SQL, let EXTRA name a file with this SQL before you write the first:"
        yield f"           {format_command('schemadiff --keep', view.given)} --output kept.sql"


def _format_differences(differences: MigrationDifferences, view: View) -> Iterator[str]:
    if differences.unknown_reason:
        yield f"Schema   not compared with Django's migrations: {differences.unknown_reason}"
        return
    found = (*differences.kept, *differences.left)
    if not found:
        yield "Schema   the same as Django's migrations make"
        return
    yield f"Schema   {format_count(len(found), 'difference')} from what Django's migrations make"
    for kind in REAL_KINDS:
        lines = [each.line for each in found if each.kind == kind]
        if lines:
            yield view.style.MIGRATE_HEADING(f"  {HEADINGS[kind]}")
            for line in format_change_tree(lines, view):
                yield f"  {line}"
    if differences.unmanaged_models:
        yield "         Models that are managed = False read what only the migrations make:"
        for table, model in differences.unmanaged_models.items():
            yield f"           {table}: {model}"


def format_kept_sql(differences: MigrationDifferences, view: View) -> Iterator[Line]:
    """Yield the differences, and the SQL for ``EXTRA`` as a document."""
    yield from _format_differences(differences, view)
    left = list(_describe_left(differences, view))
    if not differences.extra_text:
        yield Document(
            text="-- Nothing to keep: no SQL of EXTRA is needed.",
            content="nothing to keep",
        )
        yield from format_beside("Left     ", "\n".join(left), view) if left else ()
        return
    header = "".join(
        f"-- {mask_controls(line)}\n"
        for line in (
            "What Django's migrations made by SQL of the models' objects, for a file that",
            "EXTRA names. It was run after the models on a dev database.",
            *left,
        )
    )
    text = f"{header}\n{differences.extra_text}"
    count = format_count(differences.statement_count, "statement")
    yield Document(text=text, shown=colour_sql(text, view.style), content=count)
    yield from format_beside("Left     ", "\n".join(left), view) if left else ()
    yield f"Next     once EXTRA names the file: {format_command('schemadiff', view.given)}"


def _describe_left(differences: MigrationDifferences, view: View) -> Iterator[str]:
    """Yield what is not kept, and how to see its SQL."""
    found = [each for each in differences.left if each.kind != "missing"]
    if not found:
        return
    yield "Not kept, since no statement after the models makes it, or what it needs:"
    yield from (f"  {describe_difference(each)}" for each in found)
    yield "This prints its SQL:"
    yield f"  {format_command('schemadiff --from models --to migrations', view.given)}"


FORMATS: Formats = {
    "text": format_kept_sql,
    "json": make_json_format(migration_differences_as_json),
}
