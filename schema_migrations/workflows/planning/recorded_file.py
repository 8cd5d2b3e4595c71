"""The file of SQL that one Django migration becomes.  Pure.

Invariant: SQL of ``RunSQL`` stays as it is, and what Python does to rows is named, never
copied: on another day and with other rows it would be something else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import router
from django.db.migrations import AddField, AlterField, Migration, RunPython, RunSQL

from schema_migrations.engines.dialect import Dialect
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.origin import format_origin
from schema_migrations.history.other_tools.adoption import (
    format_file_name,
    is_run_outside_transaction,
)
from schema_migrations.history.other_tools.origin import (
    OtherOrigin,
    format_other_origin,
)
from schema_migrations.history.other_tools.tools import DJANGO
from schema_migrations.plan.renames import Renames
from schema_migrations.schema.model import Key, table_key
from schema_migrations.workflows.planning.acknowledge import make_notes
from schema_migrations.workflows.planning.content_types import (
    render_content_type_renames,
)
from schema_migrations.workflows.planning.data_operations import (
    DataOperation,
    is_schema_operation,
)
from schema_migrations.workflows.planning.run_sql import sql_of
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
)
from schema_migrations.workflows.states.recorded_sql import RecordedOperation

_SCHEMA_STATEMENT = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:(?:CREATE|ALTER|DROP|COMMENT|DO|GRANT|REVOKE|REFRESH|SECURITY)\b"
    r'|INSERT\s+INTO\s+"new__)',
    re.IGNORECASE | re.DOTALL,
)
"""Of what else is sent, rows of ``django_migrations`` among it.  The last is SQLite's
editor, which copies the rows of a table that it makes anew."""

_FILLS = re.compile(r"^UPDATE |coalesce\(")
"""How Django's editors give a value to rows that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMigration:
    """A migration that ran, and what of it belongs into a file."""

    migration: Migration
    version: str
    path: str
    """Of its module; empty: unknown."""
    recorded: Sequence[RecordedOperation]
    left_out: tuple[DataOperation, ...]
    """What Python did to rows."""

    @property
    def label(self) -> str:
        return f"{self.migration.app_label}.{self.migration.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContext:
    """What files of one project and database share."""

    alias: str
    dialect: Dialect
    excluded_tables: Collection[Key]
    """None of those that the files make."""
    proved_on: str
    """The version of the dev server."""


def make_recorded_file(made: RecordedMigration, context: FileContext) -> MigrationFile:
    """Return the file of a migration; raise ``SyntaxProblem`` for SQL that cannot be
    split."""
    migration = made.migration
    statements = tuple(_list_statements(made, context))
    syntax = context.dialect.syntax
    outside = not migration.atomic or any(
        is_run_outside_transaction(sql, syntax, file=made.label)
        for _, sql in statements
    )
    key = migration.app_label, migration.name
    notes = make_notes(
        UncoveredMigrations(unrecorded_leaves=(key,), operations=made.left_out)
    )
    origin = OtherOrigin(tool=DJANGO, version=made.label, file=made.path or made.label)
    text = format_file(
        header=(
            *([] if statements else ["The schema does not change."]),
            *notes.review_lines,
            *_list_called_defaults(made),
            format_origin(context.proved_on),
            format_other_origin(origin).removeprefix("-- "),
            *notes.coverage_lines,
        ),
        statements=statements,
        footer=notes.footer_lines,
        txmode="none" if outside and statements else "",
    )
    name = format_file_name(made.version, f"{migration.app_label}_{migration.name}")
    return MigrationFile(name=name, content=text.encode())


def _list_called_defaults(made: RecordedMigration) -> Iterator[str]:
    """Yield a line for each field whose default was called: it may be another one today,
    or a secret."""
    for step in made.recorded:
        operation = step.operation
        if not isinstance(operation, AddField | AlterField) or not step.statements:
            continue
        default = operation.field.default
        is_called = callable(default) and not isinstance(default, type)
        fills = isinstance(operation, AddField) or any(
            map(_FILLS.search, step.statements)
        )
        if fills and (is_called or getattr(operation.field, "auto_now_add", False)):
            yield (
                "NEEDS A LOOK: existing rows get the value that the default of"
                f" {operation.model_name}.{operation.name} had when this file was made."
            )


def _list_statements(
    made: RecordedMigration, context: FileContext
) -> Iterator[tuple[str, str]]:
    """Yield (comment, SQL) of what the operations did, in their order."""
    for step in made.recorded:
        texts = _select_statements(step, made, context)
        if not isinstance(step.operation, RunSQL):
            texts = list(map(format_created_table, texts))
        yield from _comment_once(_describe(step), texts)
        if step.renamed_to is not None:
            for statement in render_content_type_renames(
                Renames(),
                {},
                set(map(table_key, step.table_names)) - set(context.excluded_tables),
                model_renames={step.renamed_from: step.renamed_to},
                quote=context.dialect.quote,
                shorten_name=context.dialect.shorten_name,
            ):
                yield statement.comment, statement.sql


def _comment_once(comment: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield statements without their semicolons; the comment is of the first."""
    for text in texts:
        sql = text.strip().removesuffix(";").rstrip()
        if sql:
            yield comment, sql
            comment = ""


def _describe(step: RecordedOperation) -> str:
    operation = step.operation
    if operation is None:
        return "Foreign keys and indexes"
    if isinstance(operation, RunSQL):
        return "RunSQL, as it stands in the migration"
    if isinstance(operation, RunPython):
        return "RunPython: what it does to the schema"
    return operation.describe()


def _select_statements(
    step: RecordedOperation, made: RecordedMigration, context: FileContext
) -> Sequence[str]:
    operation = step.operation
    if operation is not None and is_schema_operation(operation):
        return step.statements
    if not isinstance(operation, RunSQL):
        return list(filter(_SCHEMA_STATEMENT.match, step.statements))
    if not router.allow_migrate(
        context.alias, made.migration.app_label, **operation.hints
    ):
        return ()
    has_parameters = not isinstance(operation.sql, str) and any(
        isinstance(each, list | tuple) and each[1] for each in operation.sql
    )
    return step.statements if has_parameters else sql_of(operation)


_CREATE_TABLE = re.compile(r"CREATE TABLE [^(]+\(", re.IGNORECASE)
_UNLIKE_DJANGO = re.compile(r"[\\$\n]|--|/\*")
"""What is in no table of Django's, and would take more to read."""


def format_created_table(sql: str) -> str:
    """Return a ``CREATE TABLE`` of Django's with a line for each column."""
    start = _CREATE_TABLE.match(sql)
    if start is None or _UNLIKE_DJANGO.search(sql):
        return sql
    parts, depth, quote, begin = list[str](), 1, "", start.end()
    for place in range(begin, len(sql)):
        char = sql[place]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        if not quote and ((depth == 1 and char == ",") or depth == 0):
            parts.append(sql[begin:place].strip())
            begin = place + 1
        if depth == 0:
            break
    if depth or len(parts) < 2:
        return sql
    body = ",\n    ".join(parts)
    return f"{start[0]}\n    {body}\n){sql[begin:]}"
