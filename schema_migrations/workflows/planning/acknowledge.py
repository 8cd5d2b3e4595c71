"""The acknowledgement of data operations, and the notes about them in a file.

Data operations never run on a target: their effect depends on Python code and on the rows of a
database, and a file must do the same whenever it is run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from schema_migrations.errors import AcknowledgementNeeded, Declined, UnknownMigration
from schema_migrations.history.django_coverage import format_coverage_line
from schema_migrations.workflows.planning.data_operations import DataOperation
from schema_migrations.workflows.planning.questions import Asker
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
)
from schema_migrations.workflows.states.django_migrations import DjangoMigrations

ALL = "all"
MAX_NAMED = 3
"""The most operations of a new app to list one by one."""


def find_unacknowledged(
    operations: Iterable[DataOperation], acknowledged: Collection[str]
) -> tuple[DataOperation, ...]:
    """Return the operations not in ``acknowledged`` (APP.MIGRATION, APP, or ``all``)."""
    return tuple(
        op
        for op in operations
        if not {ALL, op.app, op.migration_label}.intersection(acknowledged)
    )


def check_names(
    acknowledged: Iterable[str], django_migrations: DjangoMigrations
) -> None:
    """Raise ``ConfigError`` for a name of no installed app or migration.

    Migrations that the files already cover are allowed, as scripts are run again; so are
    those that were squashed and deleted since.
    """
    known = {ALL, *django_migrations.on_disk}
    known |= {
        f"{app}.{name}"
        for app, migrations in django_migrations.on_disk.items()
        for migration in migrations.values()
        for app, name in [(app, migration.name), *migration.replaces]
    }
    for name in acknowledged:
        if name not in known:
            raise UnknownMigration(name=name, known=frozenset(known))


def acknowledge(
    uncovered: UncoveredMigrations,
    acknowledged: Collection[str],
    *,
    asker: Asker | None,
    strict: bool,
    in_full: bool,
    may_take_rows: bool = False,
) -> tuple[str, ...]:
    """Return the lines to print about operations that need no acknowledgement now.

    ``asker`` is asked about those not in ``acknowledged``.  Raises ``AnswerNeeded`` if
    that is refused or there is no asker.  Unless ``strict``, none need acknowledgement.
    ``in_full`` lists every operation of a new app; ``may_take_rows``: the rows that they
    leave can become a file instead.
    """
    open_ = find_unacknowledged(uncovered.operations, acknowledged) if strict else ()
    summarized = frozenset() if in_full else uncovered.new_apps
    lines = describe_operations(
        open_ or uncovered.operations, summarized_apps=summarized
    )
    if not open_:
        return lines
    if asker is None:
        named = dict.fromkeys(
            op.app if op.app in uncovered.new_apps else op.migration_label
            for op in open_
        )
        raise AcknowledgementNeeded(
            lines=lines, names=tuple(named), may_take_rows=may_take_rows
        )
    if not asker.confirm_acknowledgement(lines):
        raise Declined(
            problem="Cancelled: nothing was written.",
            advice=f"{AcknowledgementNeeded.look}.",
        )
    return ()


def describe_operations(
    operations: Sequence[DataOperation], *, summarized_apps: Collection[str]
) -> tuple[str, ...]:
    """Return lines that list the operations, or only count them for ``summarized_apps``."""
    if not operations:
        return ()
    lines = ["Django migrations do more than change the schema. No file does this:"]
    for app, group in groupby(operations, key=attrgetter("app")):
        app_operations = tuple(group)
        if app in summarized_apps and len(app_operations) > MAX_NAMED:
            lines.append(f"  {_summarize_app(app, app_operations)}")
            continue
        for name, named in groupby(app_operations, key=attrgetter("migration_label")):
            lines.append(f"  {name}")
            lines += [f"    {op.kind} {_describe_operation(op)}" for op in named]
    if any(op.extra or op.extensions for op in operations):
        lines += [
            "What is for EXTRA or EXTENSIONS belongs to the schema: write it there, and"
            " schemadiff makes it,",
            "keeps it, and asks no more about it. The SQL for EXTRA stands in the migration"
            " and in the next file.",
        ]
    return tuple(lines)


def _summarize_app(app: str, operations: Sequence[DataOperation]) -> str:
    migrations = _format_count(len({op.migration for op in operations}), "migration")
    count = _format_count(len(operations), "operation")
    return f"{app}: {count} in {migrations}, its whole history (-v 2 lists each)"


def _describe_operation(operation: DataOperation) -> str:
    place = f"  {operation.path}:{operation.line}" if operation.line else ""
    aims = ["EXTRA"] * bool(operation.extra)
    if operation.extensions:
        aims.append(f"EXTENSIONS: {', '.join(operation.extensions)}")
    aim = f"  (for {' and for '.join(aims)})" if aims else ""
    return f"{operation.summary}{aim}{place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNotes:
    """The lines of a file about Django migrations, without comment signs."""

    review_lines: tuple[str, ...] = ()
    """For the reviewer, at the top of the file."""
    coverage_lines: tuple[str, ...] = ()
    """The last migration of each app that the file covers."""
    footer_lines: tuple[str, ...] = ()
    needs_file: bool = False
    """Whether there is to be a file for them where the schema stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsOutcome:
    """What became of the rows that Django migrations leave, where they were run."""

    follow: bool
    """They are in the file after this one; else there are none that a file lacks."""
    omitted_lines: tuple[str, ...] = ()
    """What stays out of every file."""
    apps_not_run: frozenset[str] = frozenset()
    """Apps whose migrations are turned off."""


NO_NOTES = FileNotes()


def make_notes(
    uncovered: UncoveredMigrations, *, taken: RowsOutcome | None = None
) -> FileNotes:
    """Return the notes for a file that records the uncovered migrations.

    ``taken``: what became of the rows that they leave; None: they were not run.
    """
    left: list[DataOperation] = []
    run: list[DataOperation] = []
    for op in uncovered.operations:
        if op.may_change_rows:
            is_run = taken is not None and op.app not in taken.apps_not_run
            (run if is_run else left).append(op)
    offers = tuple(_format_offers(uncovered.operations))
    review_lines = []
    if taken and run:
        review_lines += [_describe_taken(taken, len(run)), *taken.omitted_lines]
    if left:
        review_lines.append(
            f"NEEDS A LOOK: this file leaves out {_format_count(len(left), _NOUN)} of"
            " Django migrations; see its end."
        )
    if offers:
        review_lines.append(
            "NEEDS A LOOK: Django migrations make what no model has, and neither EXTRA nor"
            " EXTENSIONS; see the end."
        )
    footer = _format_footer(left)
    return FileNotes(
        review_lines=tuple(review_lines),
        coverage_lines=tuple(
            format_coverage_line(app, name) for app, name in uncovered.unrecorded_leaves
        ),
        footer_lines=(*footer, *[""] * bool(footer and offers), *offers),
        needs_file=bool(footer or offers or (taken and run and not taken.follow)),
    )


_NOUN = "data operation"


def _describe_taken(taken: RowsOutcome, count: int) -> str:
    operations = f"{_format_count(count, _NOUN)} of Django migrations"
    if taken.follow:
        return f"The rows that {operations} leave are in the file after this one."
    return f"{operations} ran on a dev database and left no rows that files lack."


def _format_count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _format_footer(operations: Iterable[DataOperation]) -> tuple[str, ...]:
    """Return lines for the operations, with their SQL ready to be uncommented."""
    lines = [line for op in operations for line in _format_operation(op)]
    if not lines:
        return ()
    return (
        "NOT DONE by this file: the data operations of Django migrations.",
        "Uncomment the SQL that your database needs, or write it; then run schemahash.",
        *lines,
    )


def _format_operation(operation: DataOperation) -> Iterator[str]:
    title = f"{operation.migration_label}: {operation.kind}"
    if not operation.sql:
        place = f", line {operation.line}" if operation.line else ""
        yield f"{title} {operation.summary}{place}"
    if operation.remaining_sql:
        yield title
        yield from _indent_sql(operation.remaining_sql)
    if operation.outside_sql:
        yield (
            f"{title} outside of transactions: not here, but in an empty file of its own:"
        )
        yield from ("    -- atlas:txmode none", "")
        yield from _indent_sql(operation.outside_sql)


def _format_offers(operations: Iterable[DataOperation]) -> Iterator[str]:
    """Yield lines about what belongs to the schema besides models, with its SQL."""
    with_extra = [op for op in operations if op.extra]
    with_extensions = [op for op in operations if op.extensions]
    if with_extra:
        yield "FOR EXTRA: Django migrations make this, and no model has it. Copy the SQL into a"
        yield "file that the setting EXTRA names: the next schemadiff makes it, all keep it."
    for op in with_extra:
        yield f"{op.migration_label}: {op.kind}"
        yield from _indent_sql(op.extra)
    for op in with_extensions:
        names = ", ".join(f'"{name}"' for name in op.extensions)
        yield f"FOR EXTENSIONS: [{names}], which {op.migration_label} makes."


def _indent_sql(statements: Iterable[str]) -> Iterator[str]:
    for sql in statements:
        yield from (f"    {line}" for line in _terminate_sql(sql).splitlines())


def _terminate_sql(sql: str) -> str:
    """Return the SQL with a final semicolon outside of any comment."""
    text = sql.rstrip()
    if text.endswith(";"):
        return text
    return f"{text}\n;" if "--" in text.rpartition("\n")[2] else f"{text};"


def choose_file_name(operations: Iterable[DataOperation]) -> str:
    """Return the name for a file without schema changes, made of the operations' apps."""
    apps = dict.fromkeys(operation.app for operation in operations)
    return "_".join([*apps, "data"]) if len(apps) <= 3 else "django_data"
