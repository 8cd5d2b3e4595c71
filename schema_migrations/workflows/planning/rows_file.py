"""Write the rows that Django migrations leave in a new database as a file, and prove it.

Invariant: the file ran after all files before it, and left exactly the rows and counters
that the project's own migrations leave, in every table that it is about.  No value of a
row is part of a message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from schema_migrations.errors import (
    LargeTablesOpen,
    RowsDiffer,
    RowsRefused,
    StatementFailed,
    UnknownRowsTable,
)
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.origin import format_origin
from schema_migrations.history.rows_files import ROWS_LINE
from schema_migrations.schema.content import (
    CommentedSql,
    Content,
    TableRows,
    find_primary_keys,
    find_stored_columns,
    order_tables,
)
from schema_migrations.schema.content_difference import (
    compare_content,
    find_lacking_rows,
    find_row_counts,
)
from schema_migrations.schema.content_references import (
    leave_out_rows_of,
    order_rows,
)
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Key, Opaque, Schema, Table
from schema_migrations.workflows.planning.content_types import (
    CONTENT_TYPE_TABLE,
    PERMISSION_TABLE,
)
from schema_migrations.workflows.planning.migration_differences import (
    MigrationDifferences,
    find_migration_differences,
)
from schema_migrations.workflows.planning.questions import RowsAsker
from schema_migrations.workflows.planning.rows_header import list_header_lines
from schema_migrations.workflows.planning.rows_refusal import describe_refusal
from schema_migrations.workflows.states.replay import replay
from schema_migrations.workflows.states.source_forms import MIGRATIONS
from schema_migrations.workflows.states.sources import (
    open_scratch_database,
    open_state,
)
from schema_migrations.workflows.states.state import State, inspect_database
from schema_migrations.workflows.states.workspace import (
    Workspace,
)

LARGE_TABLE_ROWS = 1000
"""A table with more new rows is asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsRequest:
    """Which rows become a file."""

    app_labels: tuple[str, ...] = ()
    """Only those of the tables of these apps; empty: of every table."""
    answers: Mapping[str, bool] = field(default_factory=dict)
    """Name of a table with many rows → whether they go into the file."""
    asker: RowsAsker | None = None
    """Asked about the others; None: nobody can be asked."""
    header_lines: tuple[str, ...] = (ROWS_LINE,)
    """What the file says of itself besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """What of two databases is compared."""

    columns: Mapping[Key, tuple[str, ...]]
    """Of each table, in the order in which rows are added."""
    counters: Collection[Key]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsFile:
    """The rows that a file adds, and what it leaves out."""

    text: str = ""
    """Of the file; empty: there is no row to add."""
    text_to_show: str = ""
    """Its comments, which hold no value: a terminal is no place for one."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Name of a table → number of rows that it gets."""
    counters: tuple[str, ...] = ()
    """Names of numbered columns, tables and sequences that it sets forward."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Name of a table with many rows → how many the file leaves out on request."""
    altered: Mapping[str, int] = field(default_factory=dict)
    """Name of a table → number of rows that earlier files make with other values."""
    missing: Mapping[str, int] = field(default_factory=dict)
    """Name of a table → number of rows that earlier files make and migrations do not leave."""
    numbered_apart: Mapping[str, int] = field(default_factory=dict)
    """Name of a table → number of rows left out because they are, or refer to, content
    types or permissions, to which each database in use gave numbers of its own."""
    bound_to_policies: tuple[str, ...] = ()
    """Names of tables that get rows, and may refuse those of their owner: the dev
    database, whose role is bound to nothing, does not show it."""
    differences: MigrationDifferences | None = None
    """How the migrations' schema differs; None: only some apps were looked at."""


def propose_rows(
    workspace: Workspace, files: Sequence[MigrationFile], request: RowsRequest
) -> RowsFile:
    """Return the file of rows that follows ``files``.

    Django's migrations run on one dev database, the files on another.  Raises
    ``MigrationFailed``, ``LargeTablesOpen``, ``UnknownRowsTable``, ``RowsDiffer``,
    ``RowsRefused``, and
    what ``open_state`` and ``replay`` raise.
    """
    began = datetime.now(UTC)
    with (
        open_state(MIGRATIONS, workspace) as migrated,
        open_scratch_database(workspace, workspace.servers.take_unused()) as connection,
    ):
        replay(
            workspace.engine,
            connection,
            files,
            tx_mode=workspace.settings.tx_mode,
            may_split=True,
            report_progress=workspace.phases.report,
        )
        replayed = State(
            schema=inspect_database(workspace.engine, connection),
            connection=connection,
            description="the files",
        )
        found = find_rows(workspace, migrated, replayed, request, began)
        if request.app_labels:
            return found
        differences = find_migration_differences(workspace, replayed, migrated)
        return replace(found, differences=differences)


def find_rows(
    workspace: Workspace,
    migrated: State,
    replayed: State,
    request: RowsRequest,
    began: datetime,
) -> RowsFile:
    """Return the file of what ``migrated`` has and ``replayed`` lacks, proved there.

    The migrations ``began`` to run then.  Raises as ``propose_rows``.
    """
    shared = _find_shared_tables(workspace, migrated, replayed, request.app_labels)
    left_out = _choose_left_out(workspace, migrated, replayed, shared, request)
    columns = {
        key: shared[key]
        for key in order_tables(replayed.schema)
        if key in shared and key not in left_out
    }
    scope = _Scope(
        columns=columns,
        counters=_find_shared_counters(
            workspace, migrated, replayed, columns, request.app_labels
        ),
    )
    before = _read_content(workspace, replayed, scope)
    after = _read_content(workspace, migrated, scope)
    difference = compare_content(replayed.schema, before, after)
    apart: tuple[TableRows, ...] = ()
    if workspace.directory.files:  # else no database can have content types before
        new, apart = leave_out_rows_of(
            replayed.schema, difference.new, (CONTENT_TYPE_TABLE, PERMISSION_TABLE)
        )
        difference = replace(difference, new=new)
    new = order_rows(replayed.schema, difference.new)
    bound = _find_bound_tables(replayed.schema, new)
    found = RowsFile(
        counts=_by_name(find_row_counts(new.tables)),
        counters=tuple(key.path for key in sorted(new.counters)),
        left_out=_by_name(left_out),
        altered=_by_name(find_row_counts(difference.altered)),
        missing=_by_name(find_row_counts(difference.missing)),
        numbered_apart=_by_name(find_row_counts(apart)),
        bound_to_policies=bound,
    )
    if not new:
        return found
    engine = workspace.engine
    server = engine.executor.describe_target(replayed.connection)
    header = (
        *list_header_lines(migrated.schema, difference, left_out, apart, began, bound),
        *request.header_lines,
        format_origin(server.version),
    )
    statements = engine.planner.render_content(replayed.schema, new)
    text = format_file(header=header, statements=statements)
    _run(workspace, replayed, text, statements)
    _prove(workspace, replayed, scope, before, new)
    comments = (*header, *(comment for comment, _ in statements if comment))
    shown = (*comments, "(The values are in the file only.)")
    return replace(
        found, text=text, text_to_show=format_file(header=shown, statements=())
    )


def _find_shared_tables(
    workspace: Workspace, migrated: State, replayed: State, labels: Collection[str]
) -> dict[Key, tuple[str, ...]]:
    """Return the tables of both → the columns of both that hold what is inserted."""
    apps = workspace.app_tables.map_tables(replayed.schema) if labels else {}
    shared = {}
    for table in replayed.schema.of(Table):
        other = migrated.schema.get(table.key)
        if not isinstance(other, Table) or (
            labels and apps.get(table.key) not in labels
        ):
            continue
        theirs = find_stored_columns(other)
        names = tuple(name for name in find_stored_columns(table) if name in theirs)
        if names:
            shared[table.key] = names
    return shared


def _choose_left_out(
    workspace: Workspace,
    migrated: State,
    replayed: State,
    tables: Collection[Key],
    request: RowsRequest,
) -> dict[Key, int]:
    """Return the tables with many new rows that stay out → how many.

    Raises ``LargeTablesOpen`` for one that nobody decides.
    """
    there, here = (
        workspace.engine.reader.content.read_row_counts(_cursor_of(state), tables)
        for state in (migrated, replayed)
    )
    for name in request.answers:
        if name not in {table.path for table in there}:
            names = tuple(sorted(table.path for table in there))
            raise UnknownRowsTable(table=name, tables=names)
    counts = {table: count - here.get(table, 0) for table, count in there.items()}
    large = {
        table: count for table, count in counts.items() if count > LARGE_TABLE_ROWS
    }
    answers = {table: request.answers.get(table.path) for table in counts}
    open_ = {table: n for table, n in large.items() if answers[table] is None}
    if open_ and request.asker is None:
        raise LargeTablesOpen(
            lines=tuple(f"  {t.path}: {n:,} rows" for t, n in open_.items()),
            names=tuple(table.path for table in open_),
        )
    for table, count in open_.items():
        assert request.asker is not None
        answers[table] = request.asker.confirm_large_table(
            f"{table.path} has {count:,} new rows."
        )
    return {
        table: counts[table] for table, wanted in answers.items() if wanted is False
    }


def _find_bound_tables(schema: Schema, content: Content) -> tuple[str, ...]:
    """Return the names of the tables with rows that may refuse those of their owner."""
    bound = {obj.owner for obj in schema.of(Opaque) if obj.trait.binds_owner}
    return tuple(rows.table.path for rows in content.tables if rows.table in bound)


def _find_shared_counters(
    workspace: Workspace,
    migrated: State,
    replayed: State,
    tables: Collection[Key],
    labels: Collection[str],
) -> frozenset[Key]:
    """Return the counters of some tables, and with no ``labels`` the free sequences."""
    read = workspace.engine.reader.content.read_counters
    there, here = read(_cursor_of(migrated)), read(_cursor_of(replayed))

    def is_wanted(key: Key) -> bool:
        if key.kind == "sequence":
            return not labels and key in here and key in replayed.schema.by_key
        # SQLite knows the counter of a table from its first row on.
        return key.table in tables and (key.kind == "table" or key in here)

    return frozenset(filter(is_wanted, there))


def _read_content(workspace: Workspace, state: State, scope: _Scope) -> Content:
    """Return the content of some tables, in their order."""
    reader, cursor = workspace.engine.reader.content, _cursor_of(state)
    keys = find_primary_keys(state.schema)
    filled = reader.read_row_counts(cursor, scope.columns)
    tables = []
    for key, names in scope.columns.items():
        table = state.schema.get(key)
        if key in filled and isinstance(table, Table):
            rows = reader.read_rows(cursor, table, names, keys.get(key, ()))
            tables.append(TableRows(table=key, columns=tuple(names), rows=rows))
    return Content(
        tables=tuple(tables),
        counters={
            key: count
            for key, count in reader.read_counters(cursor).items()
            if key in scope.counters
        },
    )


def _cursor_of(state: State) -> Any:
    return state.connection.connection.cursor()


def _by_name(counts: Mapping[Key, int]) -> dict[str, int]:
    return {key.path: count for key, count in counts.items()}


def _run(
    workspace: Workspace,
    replayed: State,
    text: str,
    statements: Sequence[CommentedSql],
) -> None:
    """Run the file where the others ran; raise ``RowsRefused`` if the server does not."""
    engine = workspace.engine
    file = MigrationFile(name="the file of rows", content=text.encode())
    try:
        replay(engine, replayed.connection, [file], tx_mode="file")
    except StatementFailed as error:
        step = "The end of its transaction."
        places = zip(
            file.split_statements(engine.dialect.syntax), statements, strict=True
        )
        for place, (comment, _) in places:
            if place.line <= error.line:
                step = comment or step
        reason = describe_refusal(error.sqlstate, error.server_message)
        raise RowsRefused(step=step, reason=reason) from error


def _prove(
    workspace: Workspace, replayed: State, scope: _Scope, before: Content, new: Content
) -> None:
    """Raise ``RowsDiffer`` unless just ``new`` came to what was there before."""
    problems: dict[str, str] = {}
    after = _read_content(workspace, replayed, scope)
    got, added, earlier = (
        {rows.table: rows.rows for rows in content.tables}
        for content in (after, new, before)
    )
    for key in scope.columns:
        wanted = (*earlier.get(key, ()), *added.get(key, ()))
        lacking = find_lacking_rows(wanted, got.get(key, ()))
        more = find_lacking_rows(got.get(key, ()), wanted)
        if lacking or more:
            problems[key.path] = f"{len(lacking)} rows lacking, {len(more)} too many"
    for key, count in {**before.counters, **new.counters}.items():
        if after.counters.get(key) != count:
            problems[key.path] = "another number comes next"
    schema = inspect_database(workspace.engine, replayed.connection)
    if diff(replayed.schema, schema):
        problems["the schema"] = "another one afterwards"
    if problems:
        lines = (f"  {name}: {text}" for name, text in problems.items())
        raise RowsDiffer(lines=tuple(lines))
