"""Create two empty databases for each proof, ours and Django's, and compare them."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connections

from schema_migrations.dev.cluster import SUPERUSER
from schema_migrations.dev.programs import (
    Programs,
    choose_programs,
    find_installed_programs,
    find_programs_in,
)
from tools import catalogs
from tools.django_suite.loading import use_databases

OURS, DJANGOS = "ours", "djangos"
"""Aliases; ``default`` serves the dev database only."""


CONTRIB = ("hstore",)
"""An extension that shows that PostgreSQL's contrib is installed, which is one package."""


def choose_server_and_clients() -> tuple[Programs, Path]:
    """Choose the newest server with contrib, and a folder with clients of its major.

    Also searches the folders that ``SCHEMA_MIGRATIONS_TEST_POSTGRES`` names.  Raises
    ``ConfigError``.
    """
    folders = os.environ.get("SCHEMA_MIGRATIONS_TEST_POSTGRES", "").split(":")
    named = [find_programs_in(Path(folder)) for folder in folders if folder]
    found = [*find_installed_programs(), *filter(None, named)]
    clients = {
        p.major: p.bin_folder for p in found if (p.bin_folder / "pg_dump").is_file()
    }
    server = choose_programs(
        (p for p in found if p.major in clients), extensions=CONTRIB
    )
    return server, clients[server.major]


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A kind of database, and the server that has the databases."""

    vendor: str
    host: str
    """The folder of PostgreSQL's socket."""
    clients: Path
    """The folder of ``pg_dump`` and ``psql``."""


def use_server_only(backend: Backend) -> None:
    """Let Django know the server only; models ask for its features when they load."""
    use_databases(_make_entries(backend, {}))


@contextmanager
def create_two_databases(backend: Backend) -> Iterator[Path]:
    """Keep both databases, which Django knows, and an empty folder until the block ends."""
    token = secrets.token_hex(6)
    names = {alias: f"{alias}_{token}" for alias in (OURS, DJANGOS)}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if backend.vendor == "sqlite":
            use_databases(
                _make_entries(backend, {a: str(folder / n) for a, n in names.items()})
            )
            yield folder
            return
        use_databases(_make_entries(backend, names))
        _execute_on_server(backend, 'CREATE DATABASE "{}" TEMPLATE template0', names)
        try:
            yield folder
        finally:
            _execute_on_server(backend, 'DROP DATABASE "{}" WITH (FORCE)', names)


def compare_catalogs(backend: Backend) -> tuple[frozenset[str], frozenset[str]]:
    """Return the facts that only Django's and that only our database has."""
    for alias in (OURS, DJANGOS):
        connections[alias].close()
    names = [connections[alias].settings_dict["NAME"] for alias in (DJANGOS, OURS)]
    if backend.vendor == "sqlite":
        theirs, ours = (catalogs.read_sqlite_facts(Path(name)) for name in names)
        return theirs - ours, ours - theirs
    urls = [f"postgresql://{SUPERUSER}@/{n}?host={quote(backend.host)}" for n in names]
    theirs, ours = (
        catalogs.read_postgresql_facts(url, backend.clients) for url in urls
    )
    if theirs != ours:
        theirs, ours = (
            catalogs.read_restored_postgresql_facts(url, backend.clients)
            for url in urls
        )
    return theirs - ours, ours - theirs


def _make_entries(backend: Backend, names: dict[str, str]) -> dict[str, dict[str, Any]]:
    if backend.vendor == "sqlite":
        common = {"ENGINE": "django.db.backends.sqlite3"}
        names = {"default": ":memory:", **names}
    else:
        common = {
            "ENGINE": "django.db.backends.postgresql",
            "USER": SUPERUSER,
            "HOST": backend.host,
        }
        names = {"default": "postgres", **names}
    return {alias: {**common, "NAME": name} for alias, name in names.items()}


def _execute_on_server(backend: Backend, statement: str, names: dict[str, str]) -> None:
    with psycopg.connect(
        host=backend.host, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        for name in names.values():
            connection.execute(statement.format(name).encode())
