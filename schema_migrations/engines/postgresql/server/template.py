"""Templates: databases that are built once and copied for every run of the tests.

Invariant: only databases named ``dsm_template_…`` are written to, and one whose name does
not end in ``_draft`` is complete.

https://www.postgresql.org/docs/current/manage-ag-templatedbs.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from schema_migrations.engines.postgresql.server.scratch import (
    check_rights,
    connect_to_server,
    drop_database,
    drop_unused,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema_migrations.engines.connection import Connection

TEMPLATE_PREFIX = "dsm_template_"
UNUSED_DAYS = 7

_OWNERSHIP_OPTIONS = ("assume_role", "options", "service")
"""Keys of ``OPTIONS`` that decide the owner and the place of what the files create."""

# The comment on a database holds the time of its last use.  A killed run leaves a draft.
_UNUSED_QUERY = """
SELECT datname FROM pg_database d
WHERE datname ~ %s
  AND shobj_description(oid, 'pg_database') ~ '^used [0-9]+$'
  AND extract(epoch FROM clock_timestamp())
      - split_part(shobj_description(oid, 'pg_database'), ' ', 2)::bigint > %s
  AND pg_has_role(datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datid = d.oid)
"""


def ensure_template(
    connection: Connection, contents: str, build: Callable[[str], None]
) -> str:
    """Return the name of a template on the server of a connection; build it if missing.

    A new one is created empty, as Django creates a test database, and ``build`` gets its
    name and fills it.  Templates with other ``contents`` have other names.  Raises
    ``ConfigError``, ``Unreachable``, and what ``build`` raises.
    """
    settings = connection.settings_dict
    chosen = str(settings["TEST"].get("TEMPLATE"))
    if chosen.startswith(TEMPLATE_PREFIX):  # set by an earlier call in this process
        return chosen
    suffix = connection.creation.sql_table_creation_suffix()
    ownership = [
        str((settings.get("OPTIONS") or {}).get(name)) for name in _OWNERSHIP_OPTIONS
    ]
    key = _compute_digest(contents, suffix, str(settings.get("USER")), *ownership)
    name, draft = f"{TEMPLATE_PREFIX}{key}", f"{TEMPLATE_PREFIX}{key}_draft"
    # Advisory locks belong to a database, so all runs of all projects share this one.
    with (
        connect_to_server({**settings, "NAME": "postgres"}, connection.alias) as server,
        server.cursor() as cursor,
    ):
        check_rights(cursor)
        # Held until this session ends: workers that start together build one template.
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        if not _has_database(cursor, name):
            # Those that have not been used for days, drafts of killed runs as well.
            drop_unused(
                cursor,
                _UNUSED_QUERY,
                [f"^{TEMPLATE_PREFIX}[0-9a-f]+(_draft)?$", UNUSED_DAYS * 24 * 3600],
            )
            drop_database(cursor, draft)
            cursor.execute(f'CREATE DATABASE "{draft}" {suffix}')
            _note_use(cursor, draft)
            try:
                build(draft)
                cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
            except BaseException:
                drop_database(cursor, draft)
                raise
        _note_use(cursor, name)
    return name


def _compute_digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _has_database(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
    return cursor.fetchone() is not None


def _note_use(cursor: Any, name: str) -> None:
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
    (now,) = cursor.fetchone()
    cursor.execute(f"COMMENT ON DATABASE \"{name}\" IS 'used {now}'")
