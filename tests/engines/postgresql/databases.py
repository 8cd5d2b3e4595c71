"""Real databases of a running PostgreSQL, and the schemas in them."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from schema_migrations.engines.postgresql.catalog.inspect import inspect
from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.schema.model import Schema

HERE = Path(__file__).parent
Database = psycopg.Connection[tuple[Any, ...]]


@contextmanager
def database(settings: dict[str, Any]) -> Iterator[Database]:
    """Connect, in autocommit, to a new database that is gone afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    with connect_as_administrator(settings) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        with connected(settings, name) as connection:
            yield connection
    finally:
        with connect_as_administrator(settings) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def connected(settings: dict[str, Any], name: str, **options: Any) -> Database:
    return psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        dbname=name,
        autocommit=True,
        **options,
    )


def schema_of(connection: Database) -> Schema:
    return inspect(connection.cursor())


def make_everything(connection: Database) -> None:
    """Make an object of every kind that this major has."""
    major = connection.info.server_version // 10000
    connection.execute((HERE / "everything.sql").read_text())
    for since in (15, 18):
        if major >= since:
            connection.execute((HERE / f"everything_{since}.sql").read_text())


def make_every_kind(connection: Database, *, tablespace: str) -> None:
    """Make what ``make_everything`` makes and all else that a catalog query can print."""
    major = connection.info.server_version // 10000
    make_everything(connection)
    connection.execute((HERE / "every_kind.sql").read_text())
    connection.execute(f"CREATE TABLE elsewhere (a integer) TABLESPACE {tablespace}")
    if major >= 18:
        connection.execute((HERE / "every_kind_18.sql").read_text())
