"""How files run on a PostgreSQL target.

Invariant: every function leaves the session as it found it, apart from what the
files themselves change; statements go to the server as they are, without parameters.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from psycopg import OperationalError
from psycopg.pq import TransactionStatus

from schema_migrations.engines.engine import Session, SessionOptions, Target
from schema_migrations.engines.postgresql.server.url import masked
from schema_migrations.engines.postgresql.session.blockers import observer
from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
    fetch_rows,
    in_transaction,
    rollback,
)
from schema_migrations.engines.postgresql.session.lock import lock
from schema_migrations.engines.postgresql.session.outside import (
    assured,
    outside,
    settled,
)
from schema_migrations.engines.postgresql.session.parameters import (
    parameters_set,
    restored,
    sets,
)
from schema_migrations.engines.postgresql.session.pooler import pooled
from schema_migrations.engines.postgresql.session.revisions import (
    create_revisions_table,
)
from schema_migrations.errors import ConfigError, StatementFailed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schema_migrations.engines.engine import Connection

REFUSED = re.compile(
    r"authentication failed|no password supplied|does not exist|no pg_hba.conf entry"
    r"|not permitted to log in|permission denied|certificate|invalid connection option"
    r"|does not support SSL|definition of service",
)
"""The server, or libpq, answered: trying again would not help."""

DESCRIBE = """
SELECT current_setting('server_version'),
       current_setting('server_version_num')::int / 10000,
       current_schema(),
       current_setting('search_path'),
       pg_is_in_recovery(),
       -- What the session started with, whatever was SET since.
       (SELECT reset_val = 'on' FROM pg_settings
         WHERE name = 'default_transaction_read_only')
"""

SCHEMAS = r"""
SELECT nspname FROM pg_namespace
 WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
 ORDER BY 1
"""

TABLES = """
SELECT c.relname
  FROM pg_class c
 WHERE c.relnamespace = (SELECT oid FROM pg_namespace
                          WHERE nspname = coalesce(%s, current_schema()))
   AND c.relkind IN ('r', 'p', 'f')
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass
                      AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1
"""


def describe(connection: Connection) -> Target:
    """Connect and say what the target is; ``Unreachable`` or ``ConfigError``."""
    name = masked(connection.settings_dict)
    try:
        connection.ensure_connection()
        version, major, schema, path, standby, read_only = fetch_row(
            connection, DESCRIBE
        )
    except ImproperlyConfigured as error:
        raise ConfigError(str(error)) from None
    except Error as error:
        raise _not_connected(error, name, connection.settings_dict) from None
    if schema is None:
        raise ConfigError(
            f"{name}: search_path is {path!r}, and none of its schemas exists.",
            hint="Create the schema, or name another one: ?search_path=NAME",
        )
    reasons = {
        "a standby server": standby,
        "default_transaction_read_only is on": read_only,
    }
    return Target(
        name=name,
        version=f"PostgreSQL {version.split()[0]}",
        major=major,
        schema=schema,
        read_only=next((reason for reason, holds in reasons.items() if holds), ""),
    )


def _not_connected(
    error: Error, name: str, settings: Mapping[str, Any]
) -> ConfigError | Unreachable:
    # psycopg gives no SQLSTATE for a connection that was refused:
    # https://www.psycopg.org/psycopg3/docs/api/errors.html
    message = _told(str(error))
    secret = str(settings.get("PASSWORD") or "")
    if secret:
        message = message.replace(secret, "***")
    if REFUSED.search(message) or not isinstance(error.__cause__, OperationalError):
        return ConfigError(
            f"{name}: {message}",
            hint="Check user, password and database in the URL, or in DATABASES.",
        )
    return Unreachable(
        f"{name}: {message}",
        hint="Is the server running, and are host and port right? --wait SECONDS keeps trying.",
    )


def _told(message: str) -> str:
    """Return libpq's message as one line, each cause once."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return "; ".join(dict.fromkeys(lines))


def absent(connection: Connection) -> bool:
    """Tell that connecting makes no database."""
    return False


@contextmanager
def absent_as_empty(connection: Connection) -> Iterator[None]:
    """Nothing: connecting makes no database."""
    yield


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """Let the server refuse every write.

    Behind a pooler by one transaction: a parameter of the session would stay with a
    server process that others get.  Elsewhere without, since it would hold locks, and
    keep old rows from being cleared away, for as long as somebody reads.
    """
    if not pooled(connection):
        with parameters_set(connection, {"default_transaction_read_only": "on"}):
            yield
        return
    execute(connection, "BEGIN READ ONLY")
    try:
        yield
    finally:
        rollback(connection)


def schemas(connection: Connection) -> Sequence[str]:
    """Return the names of the schemas that are not the server's own."""
    return tuple(name for (name,) in fetch_rows(connection, SCHEMAS))


def tables(connection: Connection, schema: str | None) -> Sequence[str]:
    """Return the names of a schema's tables, without those of extensions."""
    return tuple(name for (name,) in fetch_rows(connection, TABLES, schema))


@contextmanager
def prepared(connection: Connection, options: SessionOptions) -> Iterator[None]:
    """Set the timeouts; a role's own ones do not count for a migration."""
    wanted = {
        "lock_timeout": _milliseconds(options.lock_timeout),
        "statement_timeout": _milliseconds(options.statement_timeout),
        "idle_in_transaction_session_timeout": _milliseconds(
            options.idle_in_transaction_timeout
        ),
        "idle_session_timeout": "0",
        "transaction_timeout": "0",
        # The server ends the statement of a client that was killed:
        # https://www.postgresql.org/docs/current/runtime-config-connection.html
        "client_connection_check_interval": "1s",
    }
    with parameters_set(connection, wanted):
        yield


def _milliseconds(seconds: float | None) -> str:
    return f"{round((seconds or 0) * 1000)}ms"


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Commit at the end, roll back on an exception."""
    execute(connection, "BEGIN")
    try:
        yield
        _refuse_lost_transaction(connection)
        execute(connection, "COMMIT")
    except BaseException:
        rollback(connection)
        raise


def _refuse_lost_transaction(connection: Connection) -> None:
    """A COMMIT outside a transaction only warns, and in a failed one it rolls back."""
    if connection.connection.info.transaction_status != TransactionStatus.INTRANS:
        raise StatementFailed(
            "A statement of the file ended the transaction that it ran in.",
            hint="Write -- atlas:txmode none at the top of the file, and a blank line.",
        )


@contextmanager
def verified(connection: Connection) -> Iterator[None]:
    """Nothing: the server watches its constraints itself."""
    yield


SESSION = Session(
    describe=describe,
    absent=absent,
    absent_as_empty=absent_as_empty,
    reading=reading,
    schemas=schemas,
    tables=tables,
    lock=lock,
    prepared=prepared,
    transaction=transaction,
    verified=verified,
    restored=restored,
    sets=sets,
    execute=execute,
    outside=outside,
    settled=settled,
    assured=assured,
    observer=observer,
    in_transaction=in_transaction,
    rollback=rollback,
    create_revisions_table=create_revisions_table,
)
