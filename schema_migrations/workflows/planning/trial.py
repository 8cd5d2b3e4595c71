"""Try SQL on the dev database, which is as before afterwards.

Invariant: a statement runs as those of files do, so it can change nothing else either.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.engine import Engine
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.plan.mentions import find_words
from schema_migrations.plan.restriction import Restriction
from schema_migrations.schema.model import Key
from schema_migrations.workflows.states.state import State, roll_back_at_end

FOUND = "schema_migrations_found"
"""A temporary table for what a query finds or an expression gives."""

NOTHING = "schema_migrations_nothing"
"""A temporary table that refuses every row."""


class SqlRefused(SchemaMigrationsError):
    """The dev database rejects SQL that is only tried."""

    code = "sql-refused"
    message = "{reason}"
    reason: str
    names_missing_object: bool = False
    """What is missing may be what only the plan creates."""


def describe_refusal(server_message: str) -> str:
    return f"The dev database says: {server_message}"


def try_expression(
    engine: Engine, state: State, column: Key, expression: str, *, type_: str
) -> None:
    """Raise ``SqlRefused`` unless the server can compute the expression on the table.

    It must also take it for a value of the type; one that only the plan creates is not
    known here.
    """
    table, name = _quote_table(engine, column), engine.dialect.quote(column.part)
    on_no_row = f"SELECT ({expression}) FROM {table} LIMIT 0"
    create = f"CREATE TEMPORARY TABLE {FOUND} ({name} {type_})"
    of_each_row = f"SELECT 1 FROM {table} WHERE ({expression}) IS NULL LIMIT 0"
    _try(engine, state, on_no_row)
    try:  # an UPDATE takes no set and no window function either
        _try(engine, state, of_each_row)
    except SqlRefused as error:
        reason = f"This is no value of each row. {error.message}"
        raise SqlRefused(reason=reason) from error
    if not _can_run(engine, state, create):
        return
    reads_no_row = _can_run(engine, state, f"SELECT ({expression}) LIMIT 0")
    query = f"SELECT ({expression})" if reads_no_row else on_no_row
    _try(engine, state, create, f"INSERT INTO {FOUND} {query}")


def _quote_table(engine: Engine, column: Key) -> str:
    names = filter(None, (column.namespace, column.table.name))
    return ".".join(map(engine.dialect.quote, names))


def _try(engine: Engine, state: State, *statements: str) -> None:
    with _trying(engine, state):
        for sql in statements:
            engine.executor.execute(state.connection, sql)


def _can_run(engine: Engine, state: State, *statements: str) -> bool:
    try:
        _try(engine, state, *statements)
    except SqlRefused:
        return False
    return True


def needs_rows(
    engine: Engine, state: State, column: Key, expression: str, *, type_: str
) -> bool:
    """Tell whether the server computes an expression on rows, and takes it for no default.

    False for one that cannot run yet.
    """
    table, name = _quote_table(engine, column), engine.dialect.quote(column.part)
    create = f"CREATE TEMPORARY TABLE {FOUND} ({name} {type_}"
    on_no_row = f"INSERT INTO {FOUND} SELECT ({expression}) FROM {table} WHERE 1 = 0"
    return _can_run(engine, state, f"{create})", on_no_row) and not _can_run(
        engine, state, f"{create} DEFAULT ({expression}))"
    )


def is_for_all_rows(engine: Engine, state: State, column: Key, expression: str) -> bool:
    """Tell whether an expression is one value for all rows together, as ``count(*)`` is.

    It has a row even where the table has none.  False for one that cannot run yet.
    """
    table = _quote_table(engine, column)
    try:
        return has_rows(
            engine, state, f"SELECT ({expression}) AS one FROM {table} WHERE 1 = 0"
        )
    except SqlRefused:
        return False


def is_always_null(engine: Engine, state: State, expression: str) -> bool:
    """Tell whether an expression is ``NULL`` for every row, whatever the rows hold.

    One that needs a column cannot run alone, and what a query finds is not known here.
    """
    if "select" in find_words(expression):
        return False
    try:
        return has_rows(engine, state, f"SELECT 1 AS one WHERE ({expression}) IS NULL")
    except SqlRefused:
        return False


def drop_settled_restrictions(
    engine: Engine, state: State, restrictions: tuple[Restriction, ...]
) -> tuple[Restriction, ...]:
    """Return the restrictions without those that no row can break.

    Their queries read no table, so the dev database gives the same answer as any other.
    """
    return tuple(
        each
        for each in restrictions
        if each.reads_rows or _may_find_rows(engine, state, each.query)
    )


def _may_find_rows(engine: Engine, state: State, query: str) -> bool:
    try:
        return has_rows(engine, state, query)
    except SqlRefused:  # it may use what only the file creates
        return True


def has_rows(engine: Engine, state: State, query: str) -> bool:
    """Tell whether a query finds a row; raise ``SqlRefused`` if it cannot run."""
    with _trying(engine, state):
        engine.executor.execute(
            state.connection, f"CREATE TEMPORARY TABLE {FOUND} AS {query}"
        )
        engine.executor.execute(
            state.connection,
            f"CREATE TEMPORARY TABLE {NOTHING} (one integer CHECK (one = 0))",
        )
        try:
            engine.executor.execute(
                state.connection, f"INSERT INTO {NOTHING} SELECT 1 FROM {FOUND}"
            )
        except Exception as exception:  # only the engine knows its driver's exceptions
            if engine.executor.read_driver_error(exception) is None:
                raise
            return True
        return False


@contextmanager
def _trying(engine: Engine, state: State) -> Iterator[None]:
    """Hold a transaction that is rolled back; raise ``SqlRefused`` for its errors."""

    def make_error(driver_error: DriverError) -> SqlRefused:
        return SqlRefused(
            reason=describe_refusal(driver_error.message),
            names_missing_object=driver_error.names_missing_object,
        )

    with (
        roll_back_at_end(engine, state.connection),
        translate_driver_errors(engine, make_error),
    ):
        yield
