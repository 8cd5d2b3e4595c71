"""Create empty databases to break runs on.

Invariant: each is dropped when its block ends, whoever is still connected to it.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from schema_migrations.engines.registry import engine_for_url
from tools.faults.outside import EXTRA_DATABASE
from tools.faults.server import USER, Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    url: str
    name: str
    folder: Path
    """For files that live as long as the database."""
    server: Server | None = None
    """None: SQLite."""
    entrance: Path | None = None
    """The folder of the socket of a pooler, which runs connect to instead of the server."""

    @property
    def run_url(self) -> str:
        """The URL that runs get; ``url`` leads to the server itself."""
        return _make_url(self.name, self.entrance) if self.entrance else self.url

    @contextmanager
    def open_connection(self) -> Iterator[BaseDatabaseWrapper]:
        """Open a Django connection until the block ends."""
        settings = engine_for_url(self.url).addresses.settings_from_url(self.url, {})
        connection = ConnectionHandler({"default": settings})["default"]
        try:
            yield connection
        finally:
            connection.close()

    def add_name(self) -> str:
        """Give a SQLite file a second name, and return the URL with that."""
        file, link = self.folder / self.name, self.folder / "names" / self.name
        file.touch()
        link.parent.mkdir()
        link.hardlink_to(file)
        return f"sqlite:///{link}"

    def url_for_port(self, port: int) -> str:
        """Return the database's URL through a local port that leads to its server."""
        return f"postgresql://{USER}@127.0.0.1:{port}/{self.name}"


@contextmanager
def create_database(server: Server | None) -> Iterator[Database]:
    """Keep an empty database until the block ends; a SQLite file without a server."""
    name = f"fault_{secrets.token_hex(4)}"
    with tempfile.TemporaryDirectory(prefix="dsm-faults-") as path:
        folder = Path(path)
        if server is None:
            yield Database(url=f"sqlite:///{folder / name}", name=name, folder=folder)
            return
        execute_on_server(server, f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield Database(
                url=_make_url(name, server.folder),
                name=name,
                folder=folder,
                server=server,
            )
        finally:
            for each in (name, EXTRA_DATABASE):
                execute_on_server(
                    server, f"DROP DATABASE IF EXISTS {each} WITH (FORCE)"
                )


def _make_url(name: str, folder: Path) -> str:
    """Return the URL of a database behind the socket in a folder."""
    return f"postgresql://{USER}@/{name}?host={quote(str(folder), safe='')}"


def execute_on_server(
    server: Server, sql: str, *parameters: object
) -> list[tuple[Any, ...]]:
    """Run a statement in the server's own database, and return its rows."""
    with server.connect() as connection:
        cursor = connection.execute(sql.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []
