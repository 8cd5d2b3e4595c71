"""Create the models' tables on a scratch database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import itemgetter

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.engine import Engine
from schema_migrations.errors import InvalidModels
from schema_migrations.history.statements import split
from schema_migrations.workflows.states.collecting import DdlPart
from schema_migrations.workflows.states.model_error import make_model_error
from schema_migrations.workflows.states.models_ddl import ModelsDdl
from schema_migrations.workflows.states.statement_batches import (
    Batch,
    run_batches,
    split_into_batches,
    split_transaction,
)


def load_models(
    engine: Engine,
    connection: Connection,
    ddl: ModelsDdl,
    *,
    alias: str,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Create the models' tables on a scratch database.  Raises ``ConfigError``.

    ``check`` is called before each message.  A database backend may make statements that
    the server refuses in a transaction; then everything begins anew without one, which
    takes longer.
    """
    make_error = partial(make_model_error, engine, alias, ddl, "the models", "")
    read_sql: Callable[[tuple[str, str]], str] = itemgetter(1)

    def run(statement: tuple[str, str]) -> None:
        label, sql = statement
        error = partial(make_model_error, engine, alias, ddl, label, sql)
        with translate_driver_errors(engine, error):
            engine.executor.execute(connection, sql)

    def load(batches: Iterable[Batch[tuple[str, str]]]) -> None:
        run_batches(engine, connection, batches, read_sql, run, check=check)

    with (
        translate_driver_errors(engine, make_error),
        engine.executor.keep_settings(connection),
    ):
        statements = (
            (part.label, sql)
            for part in ddl.parts
            for sql in _split_collected(engine, part)
        )
        batches = split_into_batches(engine, statements, read_sql)
        try:
            for some in split_transaction(engine, connection, batches):
                with engine.executor.open_transaction(connection):
                    load(some)
        except InvalidModels as error:
            if not _is_refused_in_transaction(engine, error):
                raise
            load(batches)


def _split_collected(engine: Engine, part: DdlPart) -> Iterator[str]:
    """Yield the statements one by one; a package may send several at once."""
    for text in part.statements:
        if ";" in text.rstrip().removesuffix(";"):
            for statement in split(text, engine.dialect.syntax, file=part.label):
                yield statement.sql
        else:
            yield text


def _is_refused_in_transaction(engine: Engine, error: InvalidModels) -> bool:
    cause = error.__cause__
    driver_error = engine.executor.read_driver_error(cause) if cause else None
    return driver_error is not None and driver_error.refused_in_transaction
