"""Servers that create, or empty, a database for each state of a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from schema_migrations.dev.server import DevServer
from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.registry import engine_for
from schema_migrations.workflows.states.state import State
from tests.fixtures.postgresql import connect_as_administrator, find_clients
from tools.histories.database import Database

ALIAS = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchServer:
    """An engine, and how it creates databases for cases."""

    engine: Engine
    create_scratch: Callable[[], AbstractContextManager[Connection]]
    """Creates, or empties, a database and keeps it until the block ends."""
    clients: Path | None = None
    """The folder of PostgreSQL's clients."""

    def database_of(self, state: State) -> Database:
        return Database(engine=self.engine, connection=state.connection)


@pytest.fixture(scope="module")
def on_postgresql(pg_server: DevServer) -> Iterator[ScratchServer]:
    """A server that empties databases and uses them again: creating one takes long."""
    engine = engine_for("postgresql")
    settings = {**pg_server.settings, "OPTIONS": {}}
    free: list[Connection] = []
    with connect_as_administrator(settings) as server, ExitStack() as stack:
        server.execute("SET allow_in_place_tablespaces = on")
        server.execute("CREATE TABLESPACE fast LOCATION ''")
        stack.callback(server.execute, "DROP TABLESPACE fast")

        @contextmanager
        def scratch() -> Iterator[Connection]:
            if not free:
                free.append(
                    stack.enter_context(
                        engine.dev_server.create_scratch_database(settings, ALIAS)
                    )
                )
            connection = free.pop()
            with connection.cursor() as cursor:
                cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            try:
                yield connection
            except BaseException:
                connection.close()  # a failure may leave anything
                raise
            free.append(connection)

        yield ScratchServer(
            engine=engine, create_scratch=scratch, clients=find_clients()
        )


@pytest.fixture(scope="session")
def on_sqlite() -> ScratchServer:
    engine = engine_for("sqlite")
    return ScratchServer(
        engine=engine,
        create_scratch=lambda: engine.dev_server.create_scratch_database({}, ALIAS),
    )
