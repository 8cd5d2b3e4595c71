"""Create scratch databases on a PostgreSQL server and leave none behind.

Invariant: only databases named ``dsm_dev_…``, created by this module, are ever written to.
The database in the settings is connected to, never changed.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from django.db import Error

from schema_migrations.engines.postgresql.server.sibling import open_sibling
from schema_migrations.engines.postgresql.server.value_types import (
    add_value_types,
)
from schema_migrations.engines.postgresql.session_values import (
    SCRATCH_VALUES,
    render_set_values,
)
from schema_migrations.engines.probe import ServerVersion
from schema_migrations.errors import (
    ConfigError,
    DevServerUnreachable,
    DevServerUnusable,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schema_migrations.engines.connection import Connection, DatabaseSettings

SCRATCH_PREFIX = "dsm_dev_"
LEFTOVER_SECONDS = 3600

_logger = logging.getLogger("schema_migrations.dev")

_RIGHTS_QUERY = """
SELECT current_user, rolcreatedb OR rolsuper, pg_is_in_recovery()
FROM pg_roles WHERE rolname = current_user
"""

_VERSION_QUERY = """
SELECT current_setting('server_version'),
       current_setting('server_version_num')::int / 10000
"""

_LEFTOVERS_QUERY = """
SELECT datname FROM pg_database d
WHERE datname ~ %s
  AND extract(epoch FROM clock_timestamp()) - split_part(datname, '_', 3)::bigint > %s
  AND pg_has_role(datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datid = d.oid)
"""


def check_server(settings: DatabaseSettings, alias: str) -> ServerVersion:
    """Return the server's version; raise unless it allows creating scratch databases."""
    with connect_to_server(settings, alias) as server, server.cursor() as cursor:
        check_rights(cursor)
        cursor.execute(_VERSION_QUERY)
        version, major = cursor.fetchone()
        return ServerVersion(text=f"PostgreSQL {version.split()[0]}", major=major)


@contextmanager
def create_scratch_database(
    settings: DatabaseSettings, alias: str
) -> Iterator[Connection]:
    """Yield a connection to a new scratch database, which is dropped at the end.

    The session that creates it is kept for dropping it: another might not be had then.
    """
    with connect_to_server(settings, alias) as server:
        with server.cursor() as cursor:
            check_rights(cursor)
            drop_unused(
                cursor,
                _LEFTOVERS_QUERY,
                [f"^{SCRATCH_PREFIX}[0-9]{{10}}_[0-9a-f]+$", LEFTOVER_SECONDS],
            )
            name = _make_name(cursor)
        try:
            _create_database(server, name)
            if server.settings_dict["NAME"] == "template1":
                server.close()  # CREATE DATABASE of others waits until nobody is there
            with closing(open_sibling({**settings, "NAME": name}, alias)) as connection:
                with connection.cursor() as cursor:
                    cursor.execute(
                        *render_set_values(SCRATCH_VALUES, in_transaction=False)
                    )
                add_value_types(connection)
                yield connection
        finally:
            _drop_database(server, name)


def check_rights(cursor: Any) -> None:
    cursor.execute(_RIGHTS_QUERY)
    role, may_create, standby = cursor.fetchone()
    if standby:
        raise DevServerUnusable(
            problem="The server is a streaming standby; it cannot create databases.",
            remedy="Use the primary",
            other="embedded",
        )
    if not may_create:
        raise DevServerUnusable(
            problem=f'Role "{role}" may not create databases on this server.',
            remedy=f'As an administrator, run ALTER ROLE "{role}" CREATEDB',
            other="embedded",
        )


def _make_name(cursor: Any) -> str:
    """Return a new name.  Its time is the server's, so that clocks that differ do not make
    ``drop_unused`` drop a database in use."""
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
    return f"{SCRATCH_PREFIX}{cursor.fetchone()[0]}_{secrets.token_hex(6)}"


def _create_database(server: Connection, name: str) -> None:
    try:
        with server.cursor() as cursor:
            # template0 is empty; template1 holds whatever an administrator put there.
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    except Error as problem:
        line = " ".join(str(problem).split())
        raise DevServerUnreachable(
            problem=f"The server did not create a scratch database: {line}",
            other="embedded",
        ) from problem


def drop_unused(cursor: Any, query: str, parameters: Sequence[object]) -> None:
    """Drop the databases that a query lists, unless somebody is connected to them."""
    cursor.execute(query, parameters)
    for (name,) in cursor.fetchall():
        with suppress(Error):  # another run may drop it as well
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _drop_database(server: Connection, name: str) -> None:
    """Drop the scratch database; a failure here must not hide why the run ended.

    The server may have ended the idle session, or restarted; a signal may have left it
    stuck.  Then another is opened, once.
    """
    try:
        try:
            drop_database(server.cursor(), name)
        except Error:
            server.close()
            drop_database(server.cursor(), name)
    except Error as problem:
        _logger.warning("Could not drop the scratch database %s: %s", name, problem)


def drop_database(cursor: Any, name: str) -> None:
    """Drop a database if it exists, and end its sessions."""
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def connect_to_server(settings: DatabaseSettings, alias: str) -> Iterator[Connection]:
    """Yield a connection from which databases can be created and dropped.

    If the named database does not exist, connect, as Django does, to ``postgres`` or
    ``template1``, which every server has.  Raises ``ConfigError`` or ``Unreachable``.
    """
    first: ConfigError | Unreachable | None = None
    for name in _list_entry_databases(settings):
        try:
            connection = open_sibling({**settings, "NAME": name}, alias)
        except (ConfigError, Unreachable) as error:
            # Not at the top: nearly every connection is accepted.
            from schema_migrations.engines.postgresql.server.refusal import (
                is_about_database,
            )

            first = first or error
            if not is_about_database(error):
                break
        else:
            with closing(connection):
                yield connection
            return
    assert first is not None
    raise first


def _list_entry_databases(settings: DatabaseSettings) -> dict[str, None]:
    """Return the databases to try, best first; a libpq service may name its own."""
    options = settings.get("OPTIONS") or {}
    named = settings.get("NAME") or ""
    first = [named] if named or "service" in options else []
    return dict.fromkeys([*first, "postgres", "template1"])
