"""Where a change of models is proved: an engine and databases that are made and emptied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from schema_migrations.dev.server import DevServer
from schema_migrations.engines.engine import Connection, Engine
from schema_migrations.engines.registry import engine_for
from schema_migrations.workflows.states.state import State
from tests.fixtures.postgresql import administrator, clients
from tools.histories.database import Database

ALIAS = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    engine: Engine
    scratch: Callable[[], AbstractContextManager[Connection]]
    """Makes, or empties, a database."""
    programs: Path | None = None
    """Folder of PostgreSQL's clients."""

    def database(self, state: State) -> Database:
        return Database(engine=self.engine, connection=state.connection)


@pytest.fixture(scope="module")
def on_postgresql(pg_server: DevServer) -> Iterator[Place]:
    """Databases are emptied and used again: making one takes longer than a case."""
    engine = engine_for("postgresql")
    settings = {**pg_server.settings, "OPTIONS": {}}
    free: list[Connection] = []
    with administrator(settings) as server, ExitStack() as stack:
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

        yield Place(engine=engine, scratch=scratch, programs=clients())


@pytest.fixture(scope="session")
def on_sqlite() -> Place:
    engine = engine_for("sqlite")
    return Place(
        engine=engine,
        scratch=lambda: engine.dev_server.create_scratch_database({}, ALIAS),
    )
