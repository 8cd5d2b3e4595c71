"""Servers that create, or empty, a database for each state of a case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from schema_migrations.dev.server import DevServer
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.registry import engine_for
from schema_migrations.workflows.states.state import State
from tests.fixtures.postgresql import connect_as_administrator, find_clients
from tests.fixtures.scratch import Scratch, keep_databases
from tools.histories.database import Database

ALIAS = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchServer:
    """An engine, and how it creates databases for cases."""

    engine: Engine
    create_scratch: Scratch
    clients: Path | None = None
    """The folder of PostgreSQL's clients."""

    def database_of(self, state: State) -> Database:
        return Database(engine=self.engine, connection=state.connection)


@pytest.fixture(scope="module")
def on_postgresql(pg_server: DevServer) -> Iterator[ScratchServer]:
    """A server that empties databases and uses them again: creating one takes long."""
    settings = {**pg_server.settings, "OPTIONS": {}}
    with connect_as_administrator(settings) as server:
        server.execute("SET allow_in_place_tablespaces = on")
        server.execute("CREATE TABLESPACE fast LOCATION ''")
        with keep_databases() as create:
            yield ScratchServer(
                engine=engine_for("postgresql"),
                create_scratch=partial(create, settings),
                clients=find_clients(),
            )
        server.execute("DROP TABLESPACE fast")


@pytest.fixture(scope="session")
def on_sqlite() -> ScratchServer:
    engine = engine_for("sqlite")
    return ScratchServer(
        engine=engine,
        create_scratch=lambda: engine.dev_server.create_scratch_database({}, ALIAS),
    )
