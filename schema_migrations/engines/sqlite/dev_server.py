"""How temporary databases are made with SQLite."""

from __future__ import annotations

from schema_migrations.engines.engine import DevServer
from schema_migrations.engines.sqlite.server.missing_objects import (
    find_missing_object,
)
from schema_migrations.engines.sqlite.server.scratch import create_scratch_database

DEV_SERVER = DevServer(
    create_scratch_database=create_scratch_database,
    find_missing_object=find_missing_object,
)
