"""Make stand-ins for roles and databases that files name, on a dev server of our own.

Such a server is empty, and dies with the command; the roles and databases that a file
grants to or sets something for exist on the project's servers only.  They are not part of
a schema, so it is enough that the name exists.
"""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg

from schema_migrations.engines.postgresql.quote import quote
from schema_migrations.engines.postgresql.server.sibling import open_sibling_of
from schema_migrations.engines.postgresql.session import execution
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.engine import Engine

# In a transaction these need a savepoint, which would be slow for every statement.
_NAMES_OUTSIDE = re.compile(
    r"\b(?:GRANT|REVOKE|OWNER|OWNED|ROLE|USER|AUTHORIZATION|PRIVILEGES|POLICY|DATABASE)\b",
    re.IGNORECASE,
)

# The server's messages are English: its language is part of how it was started.
_MISSING = re.compile(r'(role|database) "(.+)" does not exist')
_MISSING_SQLSTATES = frozenset({"42704", "3D000"})


def use_stand_ins(engine: Engine) -> Engine:
    """Return the engine with statements that find each role and database they name."""
    return engine.with_parts(
        executor=replace(engine.executor, execute=execute),
        reader=replace(engine.reader, find_missing_roles=None),
    )


def execute(connection: Connection, sql: str) -> None:
    """Run one statement; make what it names outside its database, and run it again."""
    if not _NAMES_OUTSIDE.search(sql):
        execution.execute(connection, sql)
        return
    guarded = execution.in_transaction(connection)
    made: set[str] = set()
    while True:
        if guarded:
            execution.execute(connection, "SAVEPOINT stand_in")
        try:
            execution.execute(connection, sql)
        except psycopg.Error as error:
            named = _find_missing(error)
            if named is None or named in made:
                raise
            if guarded:
                execution.execute(connection, "ROLLBACK TO SAVEPOINT stand_in")
            _make_stand_in(connection, named)
            made.add(named)
        else:
            break
    # A statement like COMMIT took the savepoint along.
    if guarded and execution.in_transaction(connection):
        execution.execute(connection, "RELEASE SAVEPOINT stand_in")


def _find_missing(exception: psycopg.Error) -> str | None:
    """Return the ``CREATE`` statement for what is missing; None: something else failed."""
    error = read_driver_error(exception)
    if error is None or error.sqlstate not in _MISSING_SQLSTATES:
        return None
    match = _MISSING.fullmatch(error.message)
    return f"CREATE {match[1].upper()} {quote(match[2])}" if match else None


def _make_stand_in(connection: Connection, create: str) -> None:
    if create.startswith("CREATE ROLE"):
        execution.execute(connection, create)
        return
    # Refused in a transaction, so another session makes it.
    with closing(open_sibling_of(connection)) as other:
        execution.execute(other, create)
