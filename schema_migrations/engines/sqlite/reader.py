"""How a schema of SQLite is read."""

from __future__ import annotations

from schema_migrations.engines.reader import Reader
from schema_migrations.engines.sqlite.catalog.content import CONTENT_READER
from schema_migrations.engines.sqlite.catalog.dangling import explain_dangling
from schema_migrations.engines.sqlite.catalog.inspect import inspect

READER = Reader(
    inspect=inspect, content=CONTENT_READER, explain_dangling=explain_dangling
)
