"""The header of a file of rows: what a reviewer has to know of it.

Invariant: it names tables and columns, and no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from django.utils.timezone import get_default_timezone

from schema_migrations.history.secret_names import is_secret_column
from schema_migrations.schema.content import Content, TableRows
from schema_migrations.schema.content_difference import (
    ContentDifference,
    find_row_counts,
)
from schema_migrations.schema.model import Key, Schema, Table

_RANDOM_UUID = re.compile(
    r"\A'[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}'"
)
"""Version 4; SQLite has them without dashes.
https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4"""


def list_header_lines(
    schema: Schema,
    difference: ContentDifference,
    left_out: Mapping[Key, int],
    apart: Iterable[TableRows],
    began: datetime,
    bound: Collection[str],
) -> Iterator[str]:
    """Yield the lines at the top of the file: what it adds, and what needs a look.

    ``left_out`` are numbers of rows; ``apart`` are the rows that databases number on
    their own; the migrations ``began`` to run then; ``bound`` are names of tables that
    may refuse the rows of their owner.
    """
    new = difference.new
    yield "Rows that the Django migrations of this project leave in a new database."
    for rows in new.tables:
        yield f"  {rows.table.path}: {_count(len(rows.rows))}"
    if secrets := sorted(_find_columns(schema, new, _may_be_secret)):
        yield f"NEEDS A LOOK: these columns may hold secrets: {', '.join(secrets)}."
    times = [each.strftime("%Y-%m-%d %H:%M") for each in _list_minutes(began)]

    def is_of_this_run(table: Table, name: str, literal: str) -> bool:
        return literal[1:17].replace("T", " ") in times

    if moments := sorted(_find_columns(schema, new, is_of_this_run)):
        yield f"NEEDS A LOOK: these columns hold the time of this run: {', '.join(moments)}."
    if uuids := sorted(_find_columns(schema, new, _is_random_uuid)):
        yield (
            f"NEEDS A LOOK: these columns hold random UUIDs: {', '.join(uuids)}. If the"
            " migrations make them anew each time, all databases will share these."
        )
    if bound:
        yield (
            f"NEEDS A LOOK: row security binds the owner of {', '.join(bound)} as well:"
            " apply this file with a role that has BYPASSRLS, or whose rows a policy lets in."
        )
    yield from list_omitted(
        numbered_apart=_by_name(find_row_counts(apart)),
        left_out=_by_name(left_out),
        altered=_by_name(find_row_counts(difference.altered)),
        missing=_by_name(find_row_counts(difference.missing)),
    )


def list_omitted(
    *,
    numbered_apart: Mapping[str, int],
    left_out: Mapping[str, int],
    altered: Mapping[str, int],
    missing: Mapping[str, int],
) -> Iterator[str]:
    """Yield a line for each table with rows that no file makes, changes or deletes."""
    for table, count in numbered_apart.items():
        yield (
            f"NEEDS A LOOK: left out {_count(count)} of {table}: content types and"
            " permissions have other numbers in each database. Write them by hand, with a"
            " SELECT that finds those by name."
        )
    for table, count in left_out.items():
        yield f"Left out on request: {_count(count)} of {table}."
    for table, count in altered.items():
        yield f"Left as earlier files make them: {_count(count)} of {table}."
    for table, count in missing.items():
        yield f"Left, though migrations leave no such row: {_count(count)} of {table}."


def _by_name(counts: Mapping[Key, int]) -> dict[str, int]:
    return {key.path: count for key, count in counts.items()}


def _count(number: int) -> str:
    return f"{number:,} row{'s' * (number != 1)}"


def _find_columns(
    schema: Schema, content: Content, holds: Callable[[Table, str, str], bool]
) -> Iterator[str]:
    """Yield ``table.column`` of each column with a value for which ``holds`` is true."""
    for rows in content.tables:
        table = schema.get(rows.table)
        if not isinstance(table, Table):
            continue
        for place, name in enumerate(rows.columns):
            if any(holds(table, name, row[place]) for row in rows.rows):
                yield f"{rows.table.path}.{name}"


def _may_be_secret(table: Table, name: str, literal: str) -> bool:
    is_text = literal.endswith("'") and literal != "''"
    return is_text and is_secret_column(table.key.path, name)


def _is_random_uuid(table: Table, name: str, literal: str) -> bool:
    return bool(_RANDOM_UUID.search(literal))


def _list_minutes(began: datetime) -> Iterator[datetime]:
    """Yield the minutes of this run, in UTC and in the zone of Django's settings."""
    now = datetime.now(UTC)
    zone = get_default_timezone()
    while began <= now + timedelta(minutes=1):
        yield began
        yield began.astimezone(zone)
        began += timedelta(minutes=1)
