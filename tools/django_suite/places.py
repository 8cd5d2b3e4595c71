"""Two empty databases for each proof: ours and Django's."""

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
from tools.django_suite.loading import use

OURS, DJANGOS = "ours", "djangos"
"""Aliases; ``default`` is there for the dev database only."""


CONTRIB = ("hstore",)
"""Stands for all of PostgreSQL's contrib, which comes as one package."""


def server_and_clients() -> tuple[Programs, Path]:
    """Return the newest server with contrib, and a folder with clients of its major.

    Servers are also looked for in the folders that ``SCHEMA_MIGRATIONS_TEST_POSTGRES``
    names.  Raises ``ConfigError``.
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
class Place:
    """Where databases are made."""

    vendor: str
    host: str
    """Folder of PostgreSQL's socket."""
    programs: Path
    """Folder of ``pg_dump`` and ``psql``."""


def settle_at(place: Place) -> None:
    """Let Django know the server only: models ask what it can do when they load."""
    use(_entries(place, {}))


@contextmanager
def two_databases(place: Place) -> Iterator[Path]:
    """Let Django know them; yield an empty folder. Everything is gone at the end."""
    token = secrets.token_hex(6)
    names = {alias: f"{alias}_{token}" for alias in (OURS, DJANGOS)}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if place.vendor == "sqlite":
            use(_entries(place, {a: str(folder / n) for a, n in names.items()}))
            yield folder
            return
        use(_entries(place, names))
        _administer(place, 'CREATE DATABASE "{}" TEMPLATE template0', names)
        try:
            yield folder
        finally:
            _administer(place, 'DROP DATABASE "{}" WITH (FORCE)', names)


def different(place: Place) -> tuple[frozenset[str], frozenset[str]]:
    """Return what only Django's and what only our database holds, to programs."""
    for alias in (OURS, DJANGOS):
        connections[alias].close()
    names = [connections[alias].settings_dict["NAME"] for alias in (DJANGOS, OURS)]
    if place.vendor == "sqlite":
        theirs, ours = (catalogs.of_sqlite(Path(name)) for name in names)
        return theirs - ours, ours - theirs
    urls = [f"postgresql://{SUPERUSER}@/{n}?host={quote(place.host)}" for n in names]
    theirs, ours = (catalogs.first_print(url, place.programs) for url in urls)
    if theirs != ours:
        theirs, ours = (catalogs.of_postgresql(url, place.programs) for url in urls)
    return theirs - ours, ours - theirs


def _entries(place: Place, names: dict[str, str]) -> dict[str, dict[str, Any]]:
    if place.vendor == "sqlite":
        common = {"ENGINE": "django.db.backends.sqlite3"}
        names = {"default": ":memory:", **names}
    else:
        common = {
            "ENGINE": "django.db.backends.postgresql",
            "USER": SUPERUSER,
            "HOST": place.host,
        }
        names = {"default": "postgres", **names}
    return {alias: {**common, "NAME": name} for alias, name in names.items()}


def _administer(place: Place, statement: str, names: dict[str, str]) -> None:
    with psycopg.connect(
        host=place.host, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        for name in names.values():
            connection.execute(statement.format(name).encode())
