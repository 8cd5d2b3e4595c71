"""One run at a time on a target: a session advisory lock.

Invariant: inside ``lock`` this very server session holds the lock; it ends with the
session, so a killed run leaves none.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.parameters import parameters_set
from schema_migrations.engines.postgresql.queries import (
    alive,
    row,
    rows,
)
from schema_migrations.errors import ConfigError, LockNotAcquired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.engine import Connection

log = logging.getLogger("schema_migrations")

APPLICATION = "django-schema-migrations"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0

# Polled, never waited for: a waiting query holds a snapshot, and a
# CREATE INDEX CONCURRENTLY of the holder would wait for that for ever.
TRY = "SELECT pg_try_advisory_lock(%s)"

MINE = """
SELECT EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()
                  AND database = (SELECT oid FROM pg_database
                                   WHERE datname = current_database())
                  AND (classid::bigint << 32) | objid::bigint = %s AND objsubid = 1)
"""

HOLDER = """
SELECT format('process %%s%%s, connected%%s since %%s',
              a.pid,
              coalesce(' (' || nullif(a.application_name, '') || ')', ''),
              coalesce(' from ' || host(a.client_addr), ''),
              to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'))
  FROM pg_locks l
  JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.granted
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (l.classid::bigint << 32) | l.objid::bigint = %s AND l.objsubid = 1
"""

POOLED = (
    "A connection pooler in transaction mode moves statements between sessions: "
    "give a direct connection, by --url or SCHEMA_MIGRATIONS_URL."
)


@contextmanager
def lock(
    connection: Connection,
    name: str,
    *,
    wait: float,
    waiting: Callable[[str], None],
) -> Iterator[None]:
    """Hold the lock of ``name``; ``waiting`` is told of each new holder.

    Raises ``LockNotAcquired`` after ``wait`` seconds, ``ConfigError`` when the session
    does not keep the lock.
    """
    key = lock_key(name)
    (given,) = row(connection, "SELECT current_setting('application_name')")
    with parameters_set(connection, {"application_name": given or APPLICATION}):
        _acquire(connection, key, wait=wait, waiting=waiting)
        if not row(connection, MINE, key)[0]:
            raise ConfigError("The session does not keep its lock.", hint=POOLED)
        try:
            yield
        finally:
            _release(connection, key)


def lock_key(name: str) -> int:
    """Return the 64-bit key of a name; the server keeps keys apart by database."""
    digest = hashlib.sha256(f"{APPLICATION}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _acquire(
    connection: Connection, key: int, *, wait: float, waiting: Callable[[str], None]
) -> None:
    end = time.monotonic() + wait
    pause, told = FIRST_PAUSE, ""
    while not row(connection, TRY, key)[0]:
        holder = _holder(connection, key)
        left = end - time.monotonic()
        if left <= 0:
            raise LockNotAcquired(
                f"Another run holds the lock of this target: {holder}.",
                hint=f"Waited {wait:g}s. Run again when it has ended, or wait longer: --lock-wait.",
            )
        if holder != told:
            waiting(holder)
            told = holder
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)


def _holder(connection: Connection, key: int) -> str:
    found = rows(connection, HOLDER, key)
    return str(found[0][0]) if found else "a session that has just ended"


def _release(connection: Connection, key: int) -> None:
    # Otherwise the lock went with the session.
    if (
        alive(connection)
        and not row(connection, "SELECT pg_advisory_unlock(%s)", key)[0]
    ):
        log.warning("The run's lock was lost before its end. %s", POOLED)
