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
from schema_migrations.engines.postgresql.session.parameters import set_parameters
from schema_migrations.engines.postgresql.session.pooler import (
    DIRECT_ADDRESS_HINT,
    refuse_shared_session,
)
from schema_migrations.errors import ConfigError, LockNotAcquired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schema_migrations.engines.engine import Connection

log = logging.getLogger("schema_migrations")

APPLICATION_NAME = "django-schema-migrations"
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0

ATLAS_LOCK_KEY = 2686470616
"""Atlas's key of a database while it applies: FNV-1 of ``atlas_migrate_execute``."""

HELD_LOCK_SQL = """
FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = %s AND l.objsubid = 1
"""

OWN_LOCK_QUERY = f"SELECT EXISTS (SELECT {HELD_LOCK_SQL} AND l.pid = pg_backend_pid())"

HOLDER_QUERY = f"""
SELECT format('process %%s%%s, connected%%s since %%s',
              a.pid,
              coalesce(' (' || nullif(a.application_name, '') || ')', ''),
              coalesce(' from ' || host(a.client_addr), ''),
              to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ'))
  FROM (SELECT l.pid {HELD_LOCK_SQL} AND l.pid <> pg_backend_pid()) held
  JOIN pg_stat_activity a USING (pid)
 ORDER BY a.backend_start
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lock:
    key: int
    mode: Literal["", "_shared"]
    holder_message: str
    """Who holds it when it is not to be had."""

    # Polled, never waited for: a waiting query holds a snapshot, and a
    # CREATE INDEX CONCURRENTLY of the holder would wait for that for ever.
    @property
    def acquire_sql(self) -> str:
        return f"SELECT pg_try_advisory_lock{self.mode}(%s)"

    @property
    def release_sql(self) -> str:
        return f"SELECT pg_advisory_unlock{self.mode}(%s)"


@contextmanager
def hold_lock(
    connection: Connection,
    name: str,
    *,
    wait: float,
    report_holder: Callable[[str], None],
) -> Iterator[None]:
    """Hold the lock of ``name``; ``waiting`` is told of each new holder.

    Atlas takes its own for all of a database; we share that one, so that it keeps Atlas
    away and not the run of another schema.  Raises ``LockNotAcquired`` after ``wait``
    seconds, ``ConfigError`` when the session does not keep the lock.
    """
    refuse_shared_session(connection)
    wanted = (
        _Lock(
            key=compute_lock_key(name),
            mode="",
            holder_message="Another run holds the lock",
        ),
        _Lock(
            key=ATLAS_LOCK_KEY, mode="_shared", holder_message="Atlas holds its lock"
        ),
    )
    (given,) = fetch_row(connection, "SELECT current_setting('application_name')")
    with (
        set_parameters(connection, {"application_name": given or APPLICATION_NAME}),
        ExitStack() as held,
    ):
        end = time.monotonic() + wait
        for each in wanted:
            _acquire(
                connection, each, wait=wait, deadline=end, report_holder=report_holder
            )
            held.callback(_release, connection, each)
            if not fetch_row(connection, OWN_LOCK_QUERY, each.key)[0]:
                raise ConfigError(
                    "The session does not keep its lock.", hint=DIRECT_ADDRESS_HINT
                )
        yield


def compute_lock_key(name: str) -> int:
    """Return the 64-bit key of a name; the server keeps keys apart by database."""
    digest = hashlib.sha256(f"{APPLICATION_NAME}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _acquire(
    connection: Connection,
    lock: _Lock,
    *,
    wait: float,
    deadline: float,
    report_holder: Callable[[str], None],
) -> None:
    pause, told = FIRST_PAUSE, ""
    while not fetch_row(connection, lock.acquire_sql, lock.key)[0]:
        holder = _describe_holder(connection, lock.key)
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockNotAcquired(
                f"{lock.holder_message} of this target: {holder}.",
                hint=f"Waited {wait:g}s. Run again when it has ended, or wait longer:"
                " LOCK_WAIT, or --lock-wait of schemaapply.",
            )
        if holder != told:
            report_holder(holder)
            told = holder
        time.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)


def _describe_holder(connection: Connection, key: int) -> str:
    found = fetch_rows(connection, HOLDER_QUERY, key)
    return str(found[0][0]) if found else "a session that has just ended"


def _release(connection: Connection, held: _Lock) -> None:
    # Otherwise the lock went with the session.
    if (
        check_alive(connection)
        and not fetch_row(connection, held.release_sql, held.key)[0]
    ):
        log.warning("The run's lock was lost before its end. %s", DIRECT_ADDRESS_HINT)
