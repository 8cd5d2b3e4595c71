"""The header of a file of rows: what a reviewer has to know of it.

Invariant: it names tables and columns, and no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from django.utils.timezone import get_default_timezone

from schema_migrations.history.secret_names import is_secret_column
from schema_migrations.schema.content import Content
from schema_migrations.schema.model import Schema, Table


def list_header_lines(
    schema: Schema,
    new: Content,
    left_out: Mapping[str, int],
    altered: Mapping[str, int],
    began: datetime,
) -> Iterator[str]:
    """Yield the lines at the top of the file: what it adds, and what needs a look.

    ``left_out`` and ``altered`` are numbers of rows by table; the migrations ``began`` to run then.
    """
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
    yield from list_omitted(left_out, altered)


def list_omitted(
    left_out: Mapping[str, int], altered: Mapping[str, int]
) -> Iterator[str]:
    """Yield a line for each table with rows that no new file makes."""
    for table, count in left_out.items():
        yield f"Left out on request: {_count(count)} of {table}."
    for table, count in altered.items():
        yield f"Left as earlier files make them: {_count(count)} of {table}."


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


def _list_minutes(began: datetime) -> Iterator[datetime]:
    """Yield the minutes of this run, in UTC and in the zone of Django's settings."""
    now = datetime.now(UTC)
    zone = get_default_timezone()
    while began <= now + timedelta(minutes=1):
        yield began
        yield began.astimezone(zone)
        began += timedelta(minutes=1)
