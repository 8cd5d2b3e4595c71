"""Allow one run at a time on a target, by session advisory locks: ours and Atlas's.

Invariant: inside ``hold_lock`` this very server session holds the locks, unless the SQL
that runs there gives them up; they end with the session, so a killed run leaves none.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import hashlib
import logging
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from schema_migrations.engines.lock_wait import wait_for_lock
from schema_migrations.engines.postgresql.server.sibling import APPLICATION_NAME
from schema_migrations.engines.postgresql.session.execution import (
    check_alive,
    fetch_row,
    fetch_rows,
)
from schema_migrations.engines.postgresql.session.parameters import set_parameters
from schema_migrations.engines.postgresql.session.pooler import (
    refuse_shared_session,
)
from schema_migrations.errors import LockNotAcquired, SessionShared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.lock_wait import RetakeLock

log = logging.getLogger("schema_migrations")

ATLAS_LOCK_KEY = 2686470616
"""The key that Atlas locks while it applies: FNV-1 of ``atlas_migrate_execute``."""

HELD_LOCK_SQL = """
FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = ANY(%s) AND l.objsubid = 1
"""

OWN_LOCKS_QUERY = f"""
SELECT (l.classid::bigint << 32) | l.objid::bigint
{HELD_LOCK_SQL} AND l.pid = pg_backend_pid()
"""

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
    """The start of the error when somebody else holds it."""

    # Polled: a waiting query would hold a snapshot, and a CREATE INDEX CONCURRENTLY of
    # the lock holder would wait for that snapshot for ever.
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
) -> Iterator[RetakeLock]:
    """Hold the lock of ``name``; ``report_holder`` gets each lock holder waited for.

    Atlas locks a whole database with a key of its own.  Sharing that key keeps Atlas out
    but not the run of another namespace.  Raises ``LockNotAcquired`` after ``wait``
    seconds, ``ConfigError`` when the session does not keep the lock.
    """
    refuse_shared_session(connection)
    locks = (
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
        for lock in locks:
            wait_for_lock(
                partial(_try_acquire, connection, lock),
                partial(_describe_holder, connection, lock.key),
                wait=wait,
                deadline=end,
                message=f"{lock.holder_message} of this target",
                report_holder=report_holder,
            )
            held.callback(_release, connection, lock)
        if _find_lost(connection, locks):
            raise SessionShared(problem="The session did not keep its lock.")
        yield partial(_retake_lock, connection, locks)


def compute_lock_key(name: str) -> int:
    """Return the 64-bit key of a name; the server separates keys by database."""
    digest = hashlib.sha256(f"{APPLICATION_NAME}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _find_lost(connection: Connection, locks: Sequence[_Lock]) -> list[_Lock]:
    keys = [lock.key for lock in locks]
    held = {key for (key,) in fetch_rows(connection, OWN_LOCKS_QUERY, keys)}
    return [lock for lock in locks if lock.key not in held]


def _retake_lock(connection: Connection, locks: Sequence[_Lock]) -> bool:
    """Take what SQL of the session gave up; return whether that was anything."""
    lost = _find_lost(connection, locks)
    for lock in lost:
        if not _try_acquire(connection, lock):
            raise LockNotAcquired(
                problem=f"{lock.holder_message} of this target",
                holder=_describe_holder(connection, lock.key),
                waited=0,
            )
    return bool(lost)


def _try_acquire(connection: Connection, lock: _Lock) -> bool | None:
    return fetch_row(connection, lock.acquire_sql, lock.key)[0] or None


def _describe_holder(connection: Connection, key: int) -> str:
    rows = fetch_rows(connection, HOLDER_QUERY, [key])
    return str(rows[0][0]) if rows else "a session that has just ended"


def _release(connection: Connection, lock: _Lock) -> None:
    # A dead session has released its locks already.
    if (
        check_alive(connection)
        and not fetch_row(connection, lock.release_sql, lock.key)[0]
    ):
        log.warning("The lock was lost before the run ended. %s", SessionShared.hint)
