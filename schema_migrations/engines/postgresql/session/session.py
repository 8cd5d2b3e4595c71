"""Run files on a PostgreSQL target.

Invariant: every function leaves the session as it found it, apart from what the files
themselves change; their statements are sent unchanged, without parameters.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.pq import TransactionStatus

from schema_migrations.engines.executor import SessionOptions, Target
from schema_migrations.engines.postgresql.server.refusal import translate_refusals
from schema_migrations.engines.postgresql.server.url import (
    format_masked_url,
    read_first_schema,
)
from schema_migrations.engines.postgresql.session.asked_settings import (
    check_asked_settings,
)
from schema_migrations.engines.postgresql.session.execution import (
    execute,
    fetch_row,
    fetch_rows,
    rollback,
)
from schema_migrations.engines.postgresql.session.parameters import (
    hold_fixed_settings,
    set_fixed_values,
    set_parameters,
)
from schema_migrations.engines.postgresql.session.pooler import is_pooled
from schema_migrations.errors import (
    SchemaMissing,
    SearchPathIgnored,
    StatementFailed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_migrations.engines.connection import Connection

TARGET_QUERY = """
SELECT current_setting('server_version'),
       current_setting('server_version_num')::int / 10000,
       current_schema(),
       current_setting('search_path'),
       pg_is_in_recovery(),
       -- The value that the session began with, whatever was SET since.
       (SELECT reset_val = 'on' FROM pg_settings
         WHERE name = 'default_transaction_read_only')
"""

PATH_SOURCE_QUERY = "SELECT source FROM pg_settings WHERE name = 'search_path'"

WANTED_SCHEMA_QUERY = """
SELECT (SELECT nspname FROM pg_namespace
         WHERE oid = to_regnamespace(%s) AND has_schema_privilege(oid, 'USAGE'))
"""

NAMESPACES_QUERY = r"""
SELECT nspname FROM pg_namespace
 WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
 ORDER BY 1
"""

TABLES_QUERY = """
SELECT c.relname
  FROM pg_depend n
  JOIN pg_class c ON c.oid = n.objid
 WHERE n.refclassid = 'pg_namespace'::regclass
   AND n.refobjid = (SELECT oid FROM pg_namespace
                      WHERE nspname = coalesce(%s, current_schema()))
   AND n.classid = 'pg_class'::regclass
   AND c.relkind IN ('r', 'p', 'f')
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass
                      AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1
"""
"""By what depends on the namespace, of which there is an index: a look through ``pg_class``
takes 120 ms where a database has 100,000 schemas, and each of them is asked."""


def describe_target(connection: Connection) -> Target:
    """Connect and describe the target; raises ``Unreachable`` or ``ConfigError``."""
    name = format_masked_url(connection.settings_dict)
    with translate_refusals(connection, target=name):
        connection.ensure_connection()
        version, major, schema, path, standby, read_only = fetch_row(
            connection, TARGET_QUERY
        )
    if schema is None:
        raise SchemaMissing(
            problem=f"{name}: none of the schemas in search_path ({path!r}) exists.",
            advice="Create the schema, or name another with ?search_path=NAME.",
        )
    is_named = _check_schema(connection, name, schema)
    with translate_refusals(connection, target=name):
        check_asked_settings(connection, name)
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
        is_schema_named=is_named,
    )


def _check_schema(connection: Connection, target: str, schema: str) -> bool:
    """Raise unless the session works in the schema that its settings ask for first;
    return whether they or a SET of the program ask for it, and not only a role or a
    database."""
    wanted = read_first_schema(connection.settings_dict)
    (source,) = fetch_row(connection, PATH_SOURCE_QUERY)
    if not wanted or source == "session":  # then the settings no longer say it
        return bool(source == "session")
    (usable,) = fetch_row(connection, WANTED_SCHEMA_QUERY, wanted)
    if usable == schema:
        return True
    if usable is not None:
        raise SearchPathIgnored(target=target, wanted=wanted, schema=schema)
    raise SchemaMissing(
        problem=f"{target}: its search_path begins with {wanted}, but there is no schema"
        " of that name that this user may use.",
        advice="Create the schema, correct its name, or grant USAGE on it.",
    )


@contextmanager
def forbid_writes(connection: Connection) -> Iterator[None]:
    """Let the server refuse every write, and mean by SQL what it means elsewhere.

    Behind a pooler this takes one read-only transaction: a session parameter would stay
    with a server process that others get.  Elsewhere it takes the parameter: a long
    transaction would hold locks and keep old rows from being vacuumed.
    """
    if not is_pooled(connection):
        with (
            hold_fixed_settings(connection),
            set_parameters(connection, {"default_transaction_read_only": "on"}),
        ):
            yield
        return
    execute(connection, "BEGIN READ ONLY")
    try:
        set_fixed_values(connection)
        yield
    finally:
        rollback(connection)


def list_namespaces(connection: Connection) -> Sequence[str]:
    """Return the names of the namespaces, without the server's own."""
    return tuple(name for (name,) in fetch_rows(connection, NAMESPACES_QUERY))


def list_tables(connection: Connection, namespace: str | None) -> Sequence[str]:
    """Return the names of a namespace's tables, without those of extensions."""
    return tuple(name for (name,) in fetch_rows(connection, TABLES_QUERY, namespace))


@contextmanager
def prepare_session(connection: Connection, options: SessionOptions) -> Iterator[None]:
    """Hold the timeouts of a run, which replace those of the role."""
    values = {
        "lock_timeout": _format_milliseconds(options.lock_timeout),
        "statement_timeout": _format_milliseconds(options.statement_timeout),
        "idle_in_transaction_session_timeout": _format_milliseconds(
            options.idle_in_transaction_timeout
        ),
        "idle_session_timeout": "0",
        "transaction_timeout": "0",
        # The server ends the statement of a client that was killed:
        # https://www.postgresql.org/docs/current/runtime-config-connection.html
        "client_connection_check_interval": "1s",
    }
    with set_parameters(connection, values):
        yield


def _format_milliseconds(seconds: float | None) -> str:
    return f"{round((seconds or 0) * 1000)}ms"


@contextmanager
def open_transaction(connection: Connection) -> Iterator[None]:
    """Hold a transaction: commit at the end, roll back on an exception."""
    execute(connection, "BEGIN")
    try:
        yield
        _refuse_lost_transaction(connection)
        execute(connection, "COMMIT")
    except BaseException:
        rollback(connection)
        raise


def _refuse_lost_transaction(connection: Connection) -> None:
    """Raise unless the transaction is intact: COMMIT would only warn, or roll back."""
    if connection.connection.info.transaction_status != TransactionStatus.INTRANS:
        raise StatementFailed(
            problem="A statement in the file ended the transaction that it ran in.",
            advice="Put -- atlas:txmode none at the top of the file, followed by a blank line.",
        )
