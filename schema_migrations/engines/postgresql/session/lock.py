"""One run at a time on a target: session advisory locks, ours and Atlas's.

Invariant: inside ``lock`` this very server session holds the locks; they end with the
session, so a killed run leaves none.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from schema_migrations.engines.postgresql.session.execution import (
    check_alive,
    fetch_row,
    fetch_rows,
)
from schema_migrations.engines.postgresql.session.parameters import parameters_set
from schema_migrations.engines.postgresql.session.pooler import (
    ADVICE,
    refuse_shared_session,
)
from schema_migrations.errors import ConfigError, LockNotAcquired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.engine import Connection

log = logging.getLogger("schema_migrations")

APPLICATION = "django-schema-migrations"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0

ATLAS = 2686470616
"""Atlas's key of a database while it applies: FNV-1 of ``atlas_migrate_execute``."""

HELD = """
FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = %s AND l.objsubid = 1
"""

MINE = f"SELECT EXISTS (SELECT {HELD} AND l.pid = pg_backend_pid())"

HOLDER = f"""
SELECT format('process %%s%%s, connected%%s since %%s',
              a.pid,
              coalesce(' (' || nullif(a.application_name, '') || ')', ''),
              coalesce(' from ' || host(a.client_addr), ''),
              to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'))
  FROM (SELECT l.pid {HELD} AND l.pid <> pg_backend_pid()) held
  JOIN pg_stat_activity a USING (pid)
 ORDER BY a.backend_start
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lock:
    key: int
    mode: Literal["", "_shared"]
    what: str
    """Who holds it when it is not to be had."""

    # Polled, never waited for: a waiting query holds a snapshot, and a
    # CREATE INDEX CONCURRENTLY of the holder would wait for that for ever.
    @property
    def attempt(self) -> str:
        return f"SELECT pg_try_advisory_lock{self.mode}(%s)"

    @property
    def release(self) -> str:
        return f"SELECT pg_advisory_unlock{self.mode}(%s)"


@contextmanager
def lock(
    connection: Connection,
    name: str,
    *,
    wait: float,
    waiting: Callable[[str], None],
) -> Iterator[None]:
    """Hold the lock of ``name``; ``waiting`` is told of each new holder.

    Atlas takes its own for all of a database; we share that one, so that it keeps Atlas
    away and not the run of another schema.  Raises ``LockNotAcquired`` after ``wait``
    seconds, ``ConfigError`` when the session does not keep the lock.
    """
    refuse_shared_session(connection)
    wanted = (
        _Lock(key=lock_key(name), mode="", what="Another run holds the lock"),
        _Lock(key=ATLAS, mode="_shared", what="Atlas holds its lock"),
    )
    (given,) = fetch_row(connection, "SELECT current_setting('application_name')")
    with (
        parameters_set(connection, {"application_name": given or APPLICATION}),
        ExitStack() as held,
    ):
        end = time.monotonic() + wait
        for each in wanted:
            _acquire(connection, each, wait=wait, end=end, waiting=waiting)
            held.callback(_release, connection, each)
            if not fetch_row(connection, MINE, each.key)[0]:
                raise ConfigError("The session does not keep its lock.", hint=ADVICE)
        yield


def lock_key(name: str) -> int:
    """Return the 64-bit key of a name; the server keeps keys apart by database."""
    digest = hashlib.sha256(f"{APPLICATION}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _acquire(
    connection: Connection,
    wanted: _Lock,
    *,
    wait: float,
    end: float,
    waiting: Callable[[str], None],
) -> None:
    pause, told = FIRST_PAUSE, ""
    while not fetch_row(connection, wanted.attempt, wanted.key)[0]:
        holder = _holder(connection, wanted.key)
        left = end - time.monotonic()
        if left <= 0:
            raise LockNotAcquired(
                f"{wanted.what} of this target: {holder}.",
                hint=f"Waited {wait:g}s. Run again when it has ended, or wait longer:"
                " LOCK_WAIT, or --lock-wait of schemaapply.",
            )
        if holder != told:
            waiting(holder)
            told = holder
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)


def _holder(connection: Connection, key: int) -> str:
    found = fetch_rows(connection, HOLDER, key)
    return str(found[0][0]) if found else "a session that has just ended"


def _release(connection: Connection, held: _Lock) -> None:
    # Otherwise the lock went with the session.
    if check_alive(connection) and not fetch_row(connection, held.release, held.key)[0]:
        log.warning("The run's lock was lost before its end. %s", ADVICE)
