"""Parameters of a session: set for a while, and put back after what files SET.

Invariant: only what differs is touched, so that what the project set when it connected
(a role, a time zone, ``search_path``) stays; ``RESET ALL`` would lose that.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import Error

from schema_migrations.engines.postgresql.session.execution import (
    check_alive,
    fetch_rows,
    rollback,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema_migrations.engines.engine import Connection

CURRENT = "SELECT name, current_setting(name, true) FROM unnest(%s::text[]) AS name"

SET = """
SELECT set_config(name, value, false)
  FROM unnest(%s::text[], %s::text[]) AS wanted (name, value)
"""

IDENTITY = ("session_authorization", "role")
"""Who the session is: the first one takes the second along."""

# Those two are not in the view, nor are parameters that no extension knows (my.own).
# What belongs to the transaction ends with it.
SET_HERE = """
SELECT name, setting FROM pg_settings
 WHERE source = 'session' AND name NOT LIKE 'transaction\\_%%'
UNION ALL
SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name
"""

LASTING = re.compile(
    r"SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)|RESET\s"
    # What pg_dump writes.
    r"|SELECT\s+(?:pg_catalog\.)?set_config\('[^']*',\s*'[^']*',\s*false\)\Z",
    re.IGNORECASE,
)


def sets(sql: str) -> bool:
    """Return whether a statement does nothing but set what lasts for the session."""
    return bool(LASTING.match(sql))


@contextmanager
def parameters_set(connection: Connection, wanted: Mapping[str, str]) -> Iterator[None]:
    """Set parameters that the server has and permits; put the old values back."""
    before: dict[str, str] = {}
    for name, found in fetch_rows(connection, CURRENT, list(wanted)):
        if found in (None, wanted[name]):
            continue
        try:
            fetch_rows(connection, SET, [name], [wanted[name]])
        except Error:  # client_connection_check_interval, where the platform lacks it
            continue
        before[name] = found
    try:
        yield
    finally:
        if check_alive(connection):
            rollback(connection)
            fetch_rows(connection, SET, list(before), list(before.values()))


@contextmanager
def restored(connection: Connection) -> Iterator[None]:
    """Put back what is SET inside, roles too; rolls back on an exception."""
    before = _set_here(connection)
    try:
        yield
    except BaseException:
        rollback(connection)
        raise
    finally:
        if check_alive(connection):
            _restore(connection, before)


def _set_here(connection: Connection) -> dict[str, str]:
    return dict(fetch_rows(connection, SET_HERE, list(IDENTITY)))


def _restore(connection: Connection, before: dict[str, str]) -> None:
    now = _set_here(connection)
    if any(now[name] != before[name] for name in IDENTITY):
        fetch_rows(connection, SET, list(IDENTITY), [before[name] for name in IDENTITY])
        now = _set_here(connection)  # another role may not see every parameter
    changed = [name for name in now | before if now.get(name) != before.get(name)]
    if changed:  # NULL: to what the session began with
        fetch_rows(connection, SET, changed, [before.get(name) for name in changed])
