"""Cases of rows that break a change, and the check of what a plan says of them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.executor import SessionOptions
from schema_migrations.errors import SchemaMigrationsError, StatementFailed
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.plan import Plan
from schema_migrations.plan.restriction import Restriction
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.replay import load_sql, replay
from schema_migrations.workflows.states.state import State, inspect_database
from tests.changes.scratch_servers import ScratchServer

BOTH, POSTGRESQL, SQLITE = ("postgresql", "sqlite"), ("postgresql",), ("sqlite",)


T = "CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer%s);"


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str = ""
    on: tuple[str, ...] = BOTH
    before: str = T % ""
    after: str
    rows: str = ""
    code: str = ""
    found: list[tuple[Any, ...]] = field(default_factory=list)
    """What the query returns: rows that begin with their id, or values with a count."""
    mend: str = ""
    renames: tuple[tuple[str, str], ...] = ()
    defaults: dict[str, str] | None = None
    since: int = 0
    """The first major version of PostgreSQL that knows what ``after`` says."""


def make_state(server: ScratchServer, connection: Connection, sql: str) -> State:
    load_sql(server.engine, connection, sql, file="here")
    schema = inspect_database(server.engine, connection)
    return State(schema=schema, connection=connection, description="here")


def plan(
    server: ScratchServer, case: Case, one: Connection, two: Connection
) -> Proposal:
    current = make_state(server, one, case.before)
    desired = make_state(server, two, case.after)
    answers = Answers(
        renames=case.renames, defaults=case.defaults or {}, allow_data_loss=True
    )
    return plan_change(
        server.engine, current, desired, ChangeRequest(answers=answers, prove=False)
    )


def apply_text(server: ScratchServer, connection: Connection, text: str) -> None:
    session = server.engine.executor
    file = MigrationFile(name="1.sql", content=text.encode())
    with (
        session.prepare_session(connection, SessionOptions()),
        session.guard_foreign_keys(connection),
    ):
        replay(server.engine, connection, [file])


def open_two(server: ScratchServer) -> tuple[AbstractContextManager[Connection], ...]:
    return server.create_scratch(), server.create_scratch()


def check(server: ScratchServer, case: Case) -> None:
    """Check that the query finds the rows, that the file fails, and passes without them."""
    first, second = open_two(server)
    with first as one, second as two:
        if _major_of(server, one) < case.since and "postgresql" in case.on:
            pytest.skip(f"since PostgreSQL {case.since}")
        proposal = plan(server, case, one, two)
        assert proposal.plan is not None
        (restriction,) = (r for r in proposal.plan.restrictions if r.code == case.code)
        load_sql(server.engine, one, f"{case.rows};", file="rows")

        found = find(one, restriction.query)
        assert sorted(found, key=repr) == sorted(case.found, key=repr)
        with pytest.raises(SchemaMigrationsError) as caught:
            apply_text(server, one, proposal.script)
        check_place(proposal, restriction, caught.value)

    first, second = open_two(server)
    with first as one, second as two:
        load_sql(
            server.engine,
            one,
            f"{case.before} {case.rows}; {case.mend};",
            file="rows",
        )
        assert find(one, restriction.query) == []
        apply_text(server, one, proposal.script)


def check_place(
    proposal: Proposal, restriction: Restriction, error: SchemaMigrationsError
) -> None:
    """Check that the restriction names the statement, and its line in the file.

    PostgreSQL fails there; SQLite where the rows come into the new table, or at the end.
    """
    number = restriction.statement
    assert number is not None
    assert proposal.plan is not None
    line = proposal.statement_lines[number - 1]
    statement = proposal.plan.statements[number - 1]
    below = proposal.script.splitlines()[line - 1 :]
    assert "\n".join(below).startswith(statement.sql)
    assert proposal.script.splitlines()[line - 2] == f"-- {statement.comment}"
    if not statement.comment.startswith("Rebuild table"):
        assert isinstance(error, StatementFailed)
        assert error.line == line


def _major_of(server: ScratchServer, connection: Connection) -> int:
    return server.engine.executor.describe_target(connection).major


def find(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    cursor = connection.connection.cursor()
    cursor.execute(query)
    rows = cursor.fetchall()
    cursor.close()
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | None) else str(value)


def list_restrictions(server: ScratchServer, case: Case) -> tuple[Restriction, ...]:
    """Return what is announced of a case."""
    return _make_plan(server, case).restrictions


def list_losses(server: ScratchServer, case: Case) -> tuple[str, ...]:
    """Return what somebody must agree to lose."""
    return _make_plan(server, case).losses


def _make_plan(server: ScratchServer, case: Case) -> Plan:
    first, second = open_two(server)
    with first as one, second as two:
        proposal = plan(server, case, one, two)
    assert proposal.plan is not None
    return proposal.plan
