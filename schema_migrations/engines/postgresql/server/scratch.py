"""Create scratch databases on a PostgreSQL server and leave none behind.

Invariant: only databases named ``dsm_dev_…``, created by this module, are ever written to.
The database in the settings is connected to, never changed.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from django.db import DEFAULT_DB_ALIAS, Error, OperationalError, connections
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.utils import ConnectionHandler

from schema_migrations.errors import ConfigError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from schema_migrations.engines.engine import Connection, DatabaseSettings

SCRATCH_PREFIX = "dsm_dev_"
LEFTOVER_SECONDS = 3600

_logger = logging.getLogger("schema_migrations.dev")

_ADDRESS_KEYS = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")

_RIGHTS_QUERY = """
SELECT current_user, rolcreatedb OR rolsuper, pg_is_in_recovery()
FROM pg_roles WHERE rolname = current_user
"""

_LEFTOVERS_QUERY = """
SELECT datname FROM pg_database d
WHERE datname ~ %s
  AND extract(epoch FROM clock_timestamp()) - split_part(datname, '_', 3)::bigint > %s
  AND pg_has_role(datdba, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datid = d.oid)
"""

# Parameters that a role, a database or PGOPTIONS may set and that change how a statement
# runs or how the server prints a definition.
_SET_SESSION_DEFAULTS = """
SELECT set_config(name, value, false)
FROM pg_settings JOIN (VALUES
  ('search_path', 'public'),
  ('default_transaction_isolation', 'read committed'),
  ('default_transaction_read_only', 'off'),
  ('default_transaction_deferrable', 'off'),
  ('statement_timeout', '0'),
  ('lock_timeout', '0'),
  ('transaction_timeout', '0'),
  ('idle_in_transaction_session_timeout', '0'),
  ('idle_session_timeout', '0'),
  ('default_tablespace', ''),
  ('default_table_access_method', 'heap'),
  ('default_toast_compression', 'pglz'),
  ('check_function_bodies', 'on'),
  ('quote_all_identifiers', 'off'),
  ('standard_conforming_strings', 'on'),
  ('backslash_quote', 'safe_encoding'),
  ('xmloption', 'content'),
  ('bytea_output', 'hex'),
  ('datestyle', 'ISO, MDY'),
  ('intervalstyle', 'postgres'),
  ('extra_float_digits', '1')
) AS wanted (known, value) ON lower(name) = known
"""


def check_server(settings: DatabaseSettings, alias: str) -> str:
    """Return the server's version; raise unless it allows creating scratch databases."""
    with connect_to_server(settings, alias) as server, server.cursor() as cursor:
        check_rights(cursor)
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0].split()[0]}"


@contextmanager
def create_scratch_database(
    settings: DatabaseSettings, alias: str
) -> Iterator[Connection]:
    """Yield a connection to a new scratch database, which is dropped at the end."""
    with connect_to_server(settings, alias) as server, server.cursor() as cursor:
        check_rights(cursor)
        _drop_leftovers(cursor)
        name = _make_name(cursor)
    try:
        _create_database(settings, alias, name)
        with _open_database(settings, alias, name) as connection:
            with connection.cursor() as cursor:
                cursor.execute(_SET_SESSION_DEFAULTS)
            # The types of django-stubs are narrower than the Protocol.
            yield cast("Connection", connection)
    finally:
        _drop_database(settings, alias, name)


def check_rights(cursor: Any) -> None:
    cursor.execute(_RIGHTS_QUERY)
    role, may_create, standby = cursor.fetchone()
    if standby:
        raise ConfigError(
            "The server is a streaming standby; it cannot create databases.",
            hint="Use the primary, or another dev database, e.g. --dev embedded.",
        )
    if not may_create:
        raise ConfigError(
            f'Role "{role}" may not create databases on this server.',
            hint=f'As an administrator, run ALTER ROLE "{role}" CREATEDB, '
            "or name another dev database, e.g. --dev embedded.",
        )


def _make_name(cursor: Any) -> str:
    """Return a new name.  Its time is the server's, so that clocks that differ do not make
    ``_drop_leftovers`` drop a database in use."""
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())::bigint")
    return f"{SCRATCH_PREFIX}{cursor.fetchone()[0]}_{secrets.token_hex(6)}"


def _create_database(settings: DatabaseSettings, alias: str, name: str) -> None:
    with connect_to_server(settings, alias) as server, server.cursor() as cursor:
        try:
            # template0 is empty; template1 holds whatever an administrator put there.
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except Error as problem:
            raise Unreachable(
                f"The server did not create a scratch database: {_join_lines(problem)}",
                hint="Name another dev database, e.g. --dev embedded.",
            ) from problem


def _drop_leftovers(cursor: Any) -> None:
    """Drop the databases that killed runs left, unless somebody is connected to them."""
    cursor.execute(
        _LEFTOVERS_QUERY, [f"^{SCRATCH_PREFIX}[0-9]{{10}}_[0-9a-f]+$", LEFTOVER_SECONDS]
    )
    for (name,) in cursor.fetchall():
        with contextlib.suppress(Error):  # another run may drop it as well
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _drop_database(settings: DatabaseSettings, alias: str, name: str) -> None:
    """Drop the scratch database; a failure here must not hide why the run ended."""
    try:
        with connect_to_server(settings, alias) as server, server.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    except (Error, ConfigError, Unreachable) as problem:
        _logger.warning("Could not drop the scratch database %s: %s", name, problem)


@contextmanager
def connect_to_server(
    settings: DatabaseSettings, alias: str
) -> Iterator[BaseDatabaseWrapper]:
    """Yield a connection from which databases can be created and dropped.

    If the named database does not exist, connect, as Django does, to ``postgres`` or
    ``template1``, which every server has.
    """
    first: OperationalError | None = None
    for name in _list_entry_databases(settings):
        connection = _make_connection(settings, alias, name)
        try:
            connection.ensure_connection()
        except OperationalError as problem:
            first = first or problem
            if not _is_about_database(problem, name):
                break
        except Error as problem:  # Django does not support this version
            raise ConfigError(_join_lines(problem)) from problem
        else:
            with contextlib.closing(connection):
                yield connection
            return
    raise _make_connection_error(first or OperationalError("no database")) from first


def _list_entry_databases(settings: DatabaseSettings) -> dict[str, None]:
    """Return the databases to try, best first; a libpq service may name its own."""
    options = settings.get("OPTIONS") or {}
    named = settings.get("NAME") or ""
    first = [named] if named or "service" in options else []
    return dict.fromkeys([*first, "postgres", "template1"])


@contextmanager
def _open_database(
    settings: DatabaseSettings, alias: str, name: str
) -> Iterator[BaseDatabaseWrapper]:
    with contextlib.closing(_make_connection(settings, alias, name)) as connection:
        connection.ensure_connection()
        yield connection


def _make_connection(
    settings: DatabaseSettings, alias: str, name: str
) -> BaseDatabaseWrapper:
    """Return a connection, not yet open, to a database of the server.

    It uses the alias's own backend where that is PostgreSQL's (PostGIS, or a project's
    own), since the backend decides what SQL the models become.  It does not use the
    alias's name: ``django.contrib.postgres`` would also open the project's database:
    https://docs.djangoproject.com/en/stable/ref/contrib/postgres/fields/#hstorefield
    """
    address = {key: settings[key] for key in _ADDRESS_KEYS if key in settings}
    options = dict(settings.get("OPTIONS") or {})
    options.pop("pool", None)  # it would keep the database in use after close()
    options.pop("isolation_level", None)
    plain = {
        "NAME": name,
        "OPTIONS": options,
        "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
    }
    if alias in connections.settings and connections[alias].vendor == "postgresql":
        connection = connections[alias].copy(alias=NO_DB_ALIAS)
        connection.settings_dict.update({**address, **plain})
        return connection
    entry = {"ENGINE": "django.db.backends.postgresql", **settings, **plain}
    return ConnectionHandler({DEFAULT_DB_ALIAS: {}, NO_DB_ALIAS: entry})[NO_DB_ALIAS]


def _is_about_database(problem: OperationalError, name: str) -> bool:
    """Return whether the server's refusal is about this database.

    A failed connection has no SQLSTATE, and its message may be in any language, so only
    the name in it tells.  A refused password must not match: three tries might lock an
    account.
    """
    return bool(name) and name in str(problem).rpartition("FATAL")[2]


def _make_connection_error(problem: OperationalError) -> ConfigError | Unreachable:
    line = _join_lines(problem)
    if "FATAL" in line and not re.search("starting up|shutting down|too many", line):
        return ConfigError(
            f"The server refused the connection: {line}",
            hint="Check the user, the password and the database name.",
        )
    return Unreachable(
        f"The server does not answer: {line}",
        hint="Check the host and the port, and that the server is running.",
    )


def _join_lines(problem: Exception) -> str:
    return " ".join(str(problem).split())
