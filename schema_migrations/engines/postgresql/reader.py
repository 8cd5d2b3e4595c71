"""How a schema of PostgreSQL is read."""

from __future__ import annotations

from schema_migrations.engines.postgresql.catalog.content import CONTENT_READER
from schema_migrations.engines.postgresql.catalog.inspect import inspect
from schema_migrations.engines.postgresql.server.canonicalize import canonicalize
from schema_migrations.engines.postgresql.server.roles import find_missing_roles
from schema_migrations.engines.reader import Reader

READER = Reader(
    inspect=inspect,
    content=CONTENT_READER,
    canonicalize=canonicalize,
    find_missing_roles=find_missing_roles,
)
