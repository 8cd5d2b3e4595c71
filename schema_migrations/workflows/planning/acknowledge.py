"""Data operations that somebody must have looked at, and what a file says of them.

Nothing runs them: what they do to rows depends on Python code and on a database, and a
file must do the same on every day it is run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby

from schema_migrations.errors import AnswerNeeded, ConfigError
from schema_migrations.history.django_coverage import format_coverage_line
from schema_migrations.workflows.planning.data_operations import DataOperation
from schema_migrations.workflows.planning.questions import Asker
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
)
from schema_migrations.workflows.states.django_migrations import DjangoMigrations

ACKNOWLEDGE_OPTION = "--acknowledge"
ALL = "all"
MAX_NAMED = 3
"""Operations of a new app that are still named, and flags that are spelled out."""
LOOK_HINT = (
    "See whether your database needs any of it (how-to guide: When a package brings "
    "data migrations)"
)


def find_unacknowledged(
    operations: Iterable[DataOperation], acknowledged: Collection[str]
) -> tuple[DataOperation, ...]:
    """Return those that ``given`` does not name: APP.MIGRATION, APP, or ``all``."""
    return tuple(
        each
        for each in operations
        if not {ALL, each.app, each.migration_label}.intersection(acknowledged)
    )


def check_names(
    acknowledged: Iterable[str], django_migrations: DjangoMigrations
) -> None:
    """Raise ``ConfigError`` for what names no app or migration that is installed.

    A migration that the files cover already may be named: scripts are run again.
    """
    known = {ALL, *django_migrations.on_disk}
    known |= {
        f"{app}.{name}"
        for app, names in django_migrations.on_disk.items()
        for name in names
    }
    for name in acknowledged:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            guess = f"Did you mean {close[0]}? " if close else ""
            raise ConfigError(
                f"{ACKNOWLEDGE_OPTION} {name}: no installed app has such a Django migration.",
                hint=f"{guess}It takes APP.MIGRATION, APP or {ALL}.",
            )


def acknowledge(
    uncovered: UncoveredMigrations,
    acknowledged: Collection[str],
    *,
    asker: Asker | None,
    strict: bool,
    in_full: bool,
) -> tuple[str, ...]:
    """Return what to tell of the operations that need no word any more.

    ``asker`` is asked about those that ``given`` does not name.  Raises ``AnswerNeeded``
    when they are not acknowledged, or nobody can be asked; not ``strict``, they need
    no word.  ``in_full``: name every operation of an app's whole history.
    """
    left = find_unacknowledged(uncovered.operations, acknowledged) if strict else ()
    summed_up = frozenset() if in_full else uncovered.new_apps
    lines = describe_operations(left or uncovered.operations, summarized_apps=summed_up)
    if not left:
        return lines
    if asker is None:
        raise _make_acknowledgement_error(left, lines, uncovered.new_apps)
    if not asker.confirm_acknowledgement(lines):
        raise AnswerNeeded("Nothing was written.", hint=f"{LOOK_HINT}.")
    return ()


def describe_operations(
    operations: Sequence[DataOperation], *, summarized_apps: Collection[str]
) -> tuple[str, ...]:
    """Return the operations as lines for a person; of some apps only how many."""
    if not operations:
        return ()
    lines = ["Django migrations do more than the schema; no file does this:"]
    for app, group in groupby(operations, key=lambda each: each.app):
        of_app = tuple(group)
        if app in summarized_apps and len(of_app) > MAX_NAMED:
            lines.append(f"  {_summarize_app(app, of_app)}")
            continue
        for name, named in groupby(of_app, key=lambda each: each.migration_label):
            lines.append(f"  {name}")
            lines += [f"    {each.kind} {_describe_operation(each)}" for each in named]
    return tuple(lines)


def _summarize_app(app: str, operations: Sequence[DataOperation]) -> str:
    migrations = _format_count(
        len({each.migration for each in operations}), "migration"
    )
    count = _format_count(len(operations), "operation")
    return f"{app}: {count} in {migrations}, all its history (-v 2 names each)"


def _describe_operation(operation: DataOperation) -> str:
    place = f"  {operation.path}:{operation.line}" if operation.line else ""
    return f"{operation.summary}{place}"


def _make_acknowledgement_error(
    unacknowledged: Sequence[DataOperation],
    lines: Iterable[str],
    new_apps: Collection[str],
) -> AnswerNeeded:
    """Return the error that names what waits, with the flags that acknowledge it."""
    flags = dict.fromkeys(
        f"{ACKNOWLEDGE_OPTION} {each.app if each.app in new_apps else each.migration_label}"
        for each in unacknowledged
    )
    give = (
        " ".join(flags)
        if len(flags) <= MAX_NAMED
        else f"one {ACKNOWLEDGE_OPTION} for each"
    )
    also = f", or {ACKNOWLEDGE_OPTION} {ALL}" if len(flags) > 1 else ""
    return AnswerNeeded(
        "\n".join(lines),
        hint=f"Nothing was written. {LOOK_HINT}, then run schemadiff again with {give}{also}.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNotes:
    """What a file says of Django's migrations; without its comment signs."""

    review_lines: tuple[str, ...] = ()
    """For the reviewer, at the top."""
    coverage_lines: tuple[str, ...] = ()
    """Up to which migration of each app."""
    footer_lines: tuple[str, ...] = ()


NO_NOTES = FileNotes()


def make_notes(uncovered: UncoveredMigrations) -> FileNotes:
    count = len(uncovered.operations)
    look = (
        f"NEEDS A LOOK: this file does not do what {_format_count(count, 'data operation')} "
        "of Django migrations would: see its end."
    )
    return FileNotes(
        review_lines=(look,) if count else (),
        coverage_lines=tuple(
            format_coverage_line(app, name) for app, name in uncovered.unrecorded_leaves
        ),
        footer_lines=_format_footer(uncovered.operations),
    )


def _format_count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _format_footer(operations: Iterable[DataOperation]) -> tuple[str, ...]:
    """Return each operation, with its SQL to take out of the comment."""
    lines = [line for each in operations for line in _format_operation(each)]
    if not lines:
        return ()
    return (
        "NOT DONE by this file: what Django migrations do besides the schema.",
        "Uncomment what your database needs, or write it in SQL; then run schemahash.",
        *lines,
    )


def _format_operation(operation: DataOperation) -> Iterator[str]:
    if not operation.sql:
        place = f", line {operation.line}" if operation.line else ""
        yield f"{operation.migration_label}: {operation.kind} {operation.summary}{place}"
        return
    yield f"{operation.migration_label}: {operation.kind}"
    for sql in operation.sql:
        yield from (f"    {line}" for line in _terminate_sql(sql).splitlines())


def _terminate_sql(sql: str) -> str:
    """Return the SQL with a semicolon at its end that no comment swallows."""
    text = sql.rstrip()
    if text.endswith(";"):
        return text
    return f"{text}\n;" if "--" in text.rpartition("\n")[2] else f"{text};"


def choose_file_name(operations: Iterable[DataOperation]) -> str:
    """Return the name of a file that records only: the apps whose data it is about."""
    apps = dict.fromkeys(each.app for each in operations)
    return "_".join([*apps, "data"]) if len(apps) <= 3 else "django_data"
