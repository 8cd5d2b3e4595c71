"""Real SQLite databases in memory, and the road from one schema to another."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from schema_migrations.engines.sqlite.catalog.inspect import inspect
from schema_migrations.engines.sqlite.planner import PLANNER
from schema_migrations.plan.plan import Plan, build_plan
from schema_migrations.schema.changes import RebuildTable
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import EMPTY, Schema

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def database(*statements: str) -> Iterator[sqlite3.Connection]:
    """Open a database of its own, made by some statements; it is closed at the end."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for sql in statements:
            connection.execute(sql)
        yield connection


def schema_of(connection: sqlite3.Connection) -> Schema:
    return inspect(connection.cursor())


def made_by(*statements: str) -> Schema:
    """Return the schema that some statements make."""
    with database(*statements) as connection:
        return schema_of(connection)


def plan(current: Schema, desired: Schema) -> Plan:
    return build_plan(diff(current, desired), current, desired, planner=PLANNER)


def run(connection: sqlite3.Connection, planned: Plan) -> None:
    """Carry out a plan as one migration file is: in one transaction."""
    connection.execute("BEGIN")
    for statement in planned.statements:
        connection.execute(statement.sql)
    connection.execute("COMMIT")


def migrate(connection: sqlite3.Connection, *statements: str) -> Plan:
    """Lead a database to the schema that some statements make; prove it got there."""
    desired = made_by(*statements)
    planned = plan(schema_of(connection), desired)
    run(connection, planned)
    assert schema_of(connection).by_key == desired.by_key
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return planned


def recreated(schema: Schema) -> Schema:
    """Return what the planned creation of a schema makes of an empty database."""
    return made_by(*(s.sql for s in plan(EMPTY, schema).statements))


def rows(connection: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def rebuilds(planned: Plan) -> list[str]:
    return [c.after.key.name for c in planned.changes if isinstance(c, RebuildTable)]
