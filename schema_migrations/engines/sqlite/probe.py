"""What the SQLite library is like, which needs no server."""

from __future__ import annotations

from schema_migrations.engines.probe import Probe
from schema_migrations.engines.sqlite.server.scratch import (
    create_scratch_database,
    read_library_stamp,
)

PROBE = Probe(
    read_server_stamp=read_library_stamp,
    hold_disconnected=create_scratch_database,
)
