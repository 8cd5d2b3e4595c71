"""Prove a new file: run its own text after the files before it, and compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import (
    LeavesDevDatabase,
    ObjectInTheWay,
    PlanRefused,
    ProofFailed,
    ReachesOtherFile,
    StatementFailed,
)
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.diff import diff
from schema_migrations.schema.ignored_objects import with_more_ignored
from schema_migrations.schema.model import Key, Schema, Table
from schema_migrations.schema.privileges import hide_inherited_privileges
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.states.replay import replay
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedSchema:
    """What all files make together, the new one included."""

    schema: Schema
    filled_tables: frozenset[Key] | None = None
    """The tables that have rows; None: that was not read."""


def read_reached_schema(
    engine: Engine, state: State, schema: Schema, *, reads_rows: bool
) -> ReachedSchema:
    """Return what was reached on the database of a state, which has the schema now."""
    if not reads_rows:
        return ReachedSchema(schema=schema)
    tables = [table.key for table in schema.of(Table)]
    cursor = state.connection.connection.cursor()
    counts = engine.reader.content.read_row_counts(cursor, tables)
    return ReachedSchema(schema=schema, filled_tables=frozenset(counts))


def prove(
    engine: Engine,
    current: State,
    goal: Schema,
    file_texts: Sequence[str],
    *,
    is_goal_of_models: bool,
    may_split: bool,
) -> Schema:
    """Run the texts on the database of ``current`` and look for a difference to ``goal``.

    Return the schema that it leads to, as it was read there.  ``may_split`` as in ``replay``.

    The database holds the files before it already, so this is the same as replaying all
    of them, for the price of one.  Models say nothing of privileges, so new objects may
    have the default ones.  Raises ``ProofFailed`` when a difference remains,
    ``PlanRefused`` for a statement that the dev database refuses, ``ObjectInTheWay`` for
    a view or trigger that no longer works.
    """
    files = [
        MigrationFile(name=name, content=text.encode())
        for name, text in zip(
            describe_new_files(len(file_texts)), file_texts, strict=True
        )
    ]
    before = _find_dangling(engine, current)
    try:
        replay(engine, current.connection, files, may_split=may_split)
    except (LeavesDevDatabase, ReachesOtherFile):
        raise
    except StatementFailed as error:
        raise PlanRefused(
            problem=error.problem,
            file=error.file,
            line=error.line,
            column=error.column,
            sql=error.sql,
            server_message=error.server_message,
            sqlstate=error.sqlstate,
            retryable=error.retryable,
        ) from error
    after = _find_dangling(engine, current)
    if after not in ("", before):
        raise ObjectInTheWay(
            problem="This change would leave a view or trigger that no longer works:"
            f" {after}",
            object="it",
        )
    schema = inspect_database(engine, current.connection)
    schema = with_more_ignored(schema, (obj.key for obj in current.schema.ignored))
    if is_goal_of_models:
        schema = hide_inherited_privileges(schema, goal, before=current.schema)
    reached = replace(current, schema=schema)
    uncertain = find_uncertain_definitions(reached.schema, goal)
    reached = canonicalize_state(engine, reached, uncertain)
    remaining = summarize(diff(reached.schema, goal))
    if remaining:
        raise ProofFailed(
            differences=tuple(f"{line}  {line.detail}".rstrip() for line in remaining)
        )
    return reached.schema


def describe_new_files(count: int) -> tuple[str, ...]:
    """Return what errors call the files that have no names yet."""
    if count == 1:
        return ("the new file",)
    return tuple(f"new file {number} of {count}" for number in range(1, count + 1))


def _find_dangling(engine: Engine, state: State) -> str:
    if engine.reader.explain_dangling is None:
        return ""
    return engine.reader.explain_dangling(state.connection.connection.cursor())
