"""How temporary databases are made with SQLite."""

from __future__ import annotations

from schema_migrations.engines.engine import DevServer
from schema_migrations.engines.sqlite.server.scratch import create_scratch_database

DEV_SERVER = DevServer(create_scratch_database=create_scratch_database)
