"""Record the SQL that the operations of a Django migration send while it runs.

Invariant: what is recorded was executed, in this order; queries and the migration's own
transactions and savepoints are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.migrations import Migration, RenameModel
from django.db.migrations.operations.base import Operation

from schema_migrations.engines.connection import Connection
from schema_migrations.workflows.states.django_migrations import (
    select_database_operations,
)
from schema_migrations.workflows.states.model_facts import ModelOrigin, model_origin_of

_RECORDED = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:CREATE|ALTER|DROP|COMMENT|DO|GRANT|REVOKE|REFRESH|REINDEX|CLUSTER|VACUUM|SECURITY"
    r"|INSERT|UPDATE|DELETE|MERGE|TRUNCATE|WITH|SET|SELECT\s+setval)\b",
    re.IGNORECASE | re.DOTALL,
)
"""An editor asks the catalogs, too: such queries begin with another word."""

_PLACEHOLDER = re.compile(r"%%|%s")
"""Any other % stays, as with the driver."""


@dataclass(kw_only=True)
class RecordedOperation:
    """What one operation of a migration did."""

    operation: Operation | None
    """None: what the schema editor keeps for the end, foreign keys and indexes."""
    statements: list[str] = field(default_factory=list)
    renamed_from: str = ""
    """The label of a model before it was renamed: ``shop.order``."""
    renamed_to: ModelOrigin | None = None
    table_names: Collection[str] = ()
    """Of all tables, after a model was renamed."""


@contextmanager
def record_operations(
    connection: Connection, migration: Migration
) -> Iterator[list[RecordedOperation]]:
    """Hold a list that gets what the operations of a migration do until the end."""
    recorded: list[RecordedOperation] = []
    running: list[RecordedOperation] = []
    opened: Any = connection

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        text = _fill_in(connection, sql, params) if not many else ""
        if _RECORDED.match(text):
            _find_step(recorded, running).statements.append(text)
        return result

    def run(operation: Operation, forwards: Any, app: str, *rest: Any) -> None:
        step = RecordedOperation(operation=operation)
        recorded.append(step)
        running.append(step)
        try:
            forwards(app, *rest)
        finally:
            running.pop()
        if isinstance(operation, RenameModel):
            _, _, to_state = rest
            model = to_state.apps.get_model(app, operation.new_name)
            step.renamed_from = f"{app}.{operation.old_name_lower}"
            step.renamed_to = model_origin_of(model)
            step.table_names = opened.introspection.table_names()

    with ExitStack() as stack:
        stack.enter_context(opened.execute_wrapper(note))
        for operation in {id(o): o for o in _list_operations(migration)}.values():
            forwards = operation.database_forwards
            replaced: Any = operation
            replaced.database_forwards = partial(run, operation, forwards)
            stack.callback(delattr, operation, "database_forwards")
        yield recorded


def _list_operations(migration: Migration) -> Iterator[Operation]:
    return select_database_operations(migration.operations)


def _find_step(
    recorded: list[RecordedOperation], running: list[RecordedOperation]
) -> RecordedOperation:
    if running:
        return running[-1]
    if not (recorded and recorded[-1].operation is None):
        recorded.append(RecordedOperation(operation=None))
    return recorded[-1]


def _fill_in(connection: Any, sql: Any, params: Any) -> str:
    """Return a statement with its parameters as literals, as Django sends it."""
    if params is None and isinstance(sql, str):
        return sql
    if not _RECORDED.match(str(sql)) and isinstance(sql, str):
        return ""
    if hasattr(connection.ops, "compose_sql"):
        try:
            return str(connection.ops.compose_sql(sql, params))
        except NotImplementedError:  # SQLite has none: its parameters are quoted below
            pass
    if params is None:
        return str(sql)
    quote = connection.schema_editor(collect_sql=True, atomic=False).quote_value
    if isinstance(params, dict):
        return str(sql) % {name: quote(value) for name, value in params.items()}
    values = iter(params)
    return _PLACEHOLDER.sub(
        lambda found: "%" if found[0] == "%%" else str(quote(next(values))), str(sql)
    )
