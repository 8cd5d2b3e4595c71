"""What a PostgreSQL server is like, and files that need one of their own."""

from __future__ import annotations

from schema_migrations.engines.postgresql.server.scratch import check_server
from schema_migrations.engines.postgresql.server.stamp import (
    hold_disconnected,
    read_server_stamp,
)
from schema_migrations.engines.postgresql.session.outside_words import may_leave
from schema_migrations.engines.probe import Probe

PROBE = Probe(
    read_server_stamp=read_server_stamp,
    hold_disconnected=hold_disconnected,
    check_server=check_server,
    may_leave=may_leave,
)
