"""Find the blockers of a session from a second session, which waits for nothing.

https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SESSION
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from schema_migrations.engines.blocker import Blocker
from schema_migrations.engines.postgresql.server.sibling import open_sibling_of
from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
)
from schema_migrations.engines.postgresql.session.pooler import PID_QUERY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schema_migrations.engines.blocker import OpenBlockerLookup
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


def prepare_blocker_lookup(connection: Connection) -> OpenBlockerLookup:
    """Return a function that opens a second session to look up this one's blockers."""
    (pid,) = fetch_row(connection, PID_QUERY)

    @contextmanager
    def open_blocker_lookup() -> Iterator[Callable[[], Sequence[Blocker]]]:
        with closing(open_sibling_of(connection)) as sibling:
            # An assumed role may not see what the other sessions of its login do.
            execute(sibling, "RESET ROLE")
            yield lambda: _fetch_blockers(sibling, pid)

    return open_blocker_lookup


def _fetch_blockers(sibling: Connection, pid: int) -> Sequence[Blocker]:
    cursor = sibling.connection.cursor(row_factory=class_row(Blocker))
    rows: list[Blocker] = cursor.execute(BLOCKERS_QUERY, [pid]).fetchall()
    return rows
