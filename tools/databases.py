"""Create databases on a server that a tool runs; all are gone when the server ends."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import psycopg

from schema_migrations.dev.cluster import SUPERUSER


def create_databases(
    host: str, names: Sequence[str], *, template: str = "template0"
) -> list[str]:
    """Create databases as copies of another one; return their URLs."""
    with psycopg.connect(
        host=host, user=SUPERUSER, dbname="postgres", autocommit=True
    ) as connection:
        for name in names:
            create = f'CREATE DATABASE "{name}" TEMPLATE "{template}"'
            connection.execute(create.encode())
    return [url_of_database(host, name) for name in names]


def url_of_database(host: str, name: str) -> str:
    return f"postgresql://{SUPERUSER}@/{name}?host={quote(host, safe='')}"
