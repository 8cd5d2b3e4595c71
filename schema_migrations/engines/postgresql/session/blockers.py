"""Find the blockers and the progress of a session from a second one, which never waits.

https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION
https://www.postgresql.org/docs/current/progress-reporting.html
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from schema_migrations.engines.blocker import Blocker, SessionLookup, StatementProgress
from schema_migrations.engines.postgresql.server.sibling import open_sibling_of
from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
)
from schema_migrations.engines.postgresql.session.pooler import PID_QUERY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_migrations.engines.blocker import OpenSessionLookup
    from schema_migrations.engines.connection import Connection

# Process 0 means a prepared transaction.
BLOCKERS_QUERY = """
SELECT b.pid,
       CASE WHEN b.pid = 0 THEN 'a prepared transaction'
            ELSE coalesce(nullif(a.application_name, ''), a.backend_type, '')
             END AS application,
       coalesce(a.state, '') AS state,
       coalesce(extract(epoch FROM clock_timestamp()
                                   - coalesce(a.xact_start, a.query_start)), 0)::float
         AS seconds,
       coalesce(a.query, '') AS query
  FROM (SELECT DISTINCT unnest(pg_blocking_pids(%s)) AS pid) b
  LEFT JOIN pg_stat_activity a USING (pid)
 ORDER BY seconds DESC, b.pid
"""


PROGRESS_QUERY = """
SELECT phase, greatest(blocks_done, tuples_done) AS done,
       CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END AS total
  FROM pg_stat_progress_create_index WHERE pid = %(pid)s
UNION ALL
SELECT phase, heap_blks_scanned, heap_blks_total
  FROM pg_stat_progress_cluster WHERE pid = %(pid)s
UNION ALL
SELECT phase, heap_blks_scanned, heap_blks_total
  FROM pg_stat_progress_vacuum WHERE pid = %(pid)s
"""


def prepare_session_lookup(connection: Connection) -> OpenSessionLookup:
    """Return a function that opens a second session to look at this one."""
    (pid,) = fetch_row(connection, PID_QUERY)

    @contextmanager
    def open_lookup() -> Iterator[SessionLookup]:
        with closing(open_sibling_of(connection)) as sibling:
            # An assumed role may not see what the other sessions of its login do.
            execute(sibling, "RESET ROLE")
            yield SessionLookup(
                list_blockers=lambda: _fetch_blockers(sibling, pid),
                read_progress=lambda: _fetch_progress(sibling, pid),
            )

    return open_lookup


def _fetch_blockers(sibling: Connection, pid: int) -> Sequence[Blocker]:
    cursor = sibling.connection.cursor(row_factory=class_row(Blocker))
    rows: list[Blocker] = cursor.execute(BLOCKERS_QUERY, [pid]).fetchall()
    return rows


def _fetch_progress(sibling: Connection, pid: int) -> StatementProgress | None:
    cursor = sibling.connection.cursor()
    row = cursor.execute(PROGRESS_QUERY, {"pid": pid}).fetchone()
    if row is None or row[0] is None:  # hidden from this role
        return None
    phase, done, total = row
    return StatementProgress(phase=phase, done=done or 0, total=total or 0)
