"""Read what all databases of a server share: roles, databases, tablespaces, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.server.scratch import (
    SCRATCH_PREFIX,
    connect_to_server,
)

if TYPE_CHECKING:
    from schema_migrations.engines.connection import DatabaseSettings

_SHARED_OBJECTS_QUERY = f"""
WITH lasting AS (
    SELECT oid, datname FROM pg_database WHERE NOT starts_with(datname, '{SCRATCH_PREFIX}')
)
SELECT format('role %I', rolname) FROM pg_roles
UNION ALL SELECT format('member %I of %I', member::regrole, roleid::regrole)
            FROM pg_auth_members
UNION ALL SELECT format('database %I', datname) FROM lasting
UNION ALL SELECT format('tablespace %I', spcname) FROM pg_tablespace
UNION ALL SELECT format('setting %s of %s in %s', setconfig, setrole, setdatabase)
            FROM pg_db_role_setting
           WHERE setdatabase = 0 OR setdatabase IN (SELECT oid FROM lasting)
"""


def read_shared_objects(settings: DatabaseSettings, alias: str) -> frozenset[str]:
    """Return what is on the server beside scratch databases, in words."""
    with connect_to_server(settings, alias) as server, server.cursor() as cursor:
        cursor.execute(_SHARED_OBJECTS_QUERY)
        return frozenset(name for (name,) in cursor.fetchall())
