"""Run many statements on a scratch database, in as few messages as may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine

T = TypeVar("T")

MOST_JOINED = 100
"""As many are joined: a message of so many costs as good as nothing."""

MOST_IN_TRANSACTION = 2_000
"""From there on each statement costs PostgreSQL the more the more its transaction holds."""


@dataclass(slots=True, kw_only=True)
class Batch(Generic[T]):
    """Statements that follow each other."""

    statements: list[T] = field(default_factory=list)
    only_defines: bool
    """They may run in one message; else it is one statement."""


def split_into_batches(
    engine: Engine, statements: Iterable[T], read_sql: Callable[[T], str]
) -> list[Batch[T]]:
    """Return statements in batches, in their order."""
    joined = engine.executor.joined_statements
    batches: list[Batch[T]] = []
    for statement in statements:
        only_defines = joined is not None and joined.may_join(read_sql(statement))
        last = batches[-1] if batches else None
        if (
            last is None
            or not (only_defines and last.only_defines)
            or len(last.statements) == MOST_JOINED
        ):
            last = Batch(only_defines=only_defines)
            batches.append(last)
        last.statements.append(statement)
    return batches


def split_transaction(
    engine: Engine, connection: Connection, batches: Sequence[Batch[T]]
) -> Iterator[Sequence[Batch[T]]]:
    """Yield the batches of one transaction in parts that may have one each.

    It makes no difference where all of them only define something, and whoever asks drops
    the database after a failure.
    """
    joined = engine.executor.joined_statements
    step = MOST_IN_TRANSACTION // MOST_JOINED
    if (
        joined is None
        or len(batches) <= step
        or not all(batch.only_defines for batch in batches)
        or not joined.may_split(connection)
    ):
        yield batches
        return
    for start in range(0, len(batches), step):
        yield batches[start : start + step]


def run_batches(
    engine: Engine,
    connection: Connection,
    batches: Iterable[Batch[T]],
    read_sql: Callable[[T], str],
    run: Callable[[T], None],
    *,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Run the statements in their order, a batch in one message inside a transaction.

    ``run`` runs one alone, also each of a batch that was refused, so that it raises what
    the server says of the one.  ``check`` is called before each message.
    """
    joined = engine.executor.joined_statements
    for batch in batches:
        statements = batch.statements
        check()
        if (
            joined
            and len(statements) > 1
            and engine.executor.in_transaction(connection)
            and joined.try_to_run(connection, list(map(read_sql, statements)))
        ):
            continue
        for statement in statements:
            check()
            run(statement)
