"""Read what of a PostgreSQL server decides how SQL changes a new database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from schema_migrations.engines.postgresql.server.scratch import (
    check_rights,
    connect_to_server,
)
from schema_migrations.engines.postgresql.server.sibling import make_sibling
from schema_migrations.engines.probe import ServerStamp, ServerVersion
from schema_migrations.errors import DevServerUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schema_migrations.engines.connection import Connection, DatabaseSettings

_NEWEST_VERSION = 999_999
"""Django leaves out what an older server does not have, as ``NULLS NOT DISTINCT``."""

_STAMP_QUERY = """
SELECT current_setting('server_version'),
       current_setting('server_version_num')::int / 10000,
       concat_ws(' ', version(),
         (SELECT md5(string_agg(name || '=' || setting, ',' ORDER BY name))
            FROM pg_settings
           WHERE category LIKE ANY ('{Client Connection Defaults%,Version and Platform%,
                                      Preset Options%,Customized Options%}')),
         (SELECT md5(string_agg(concat_ws(' ', name, default_version), ',' ORDER BY name))
            FROM pg_available_extensions),
         (SELECT (to_jsonb(d) - '{oid,datfrozenxid,datminmxid,datacl}'::text[])::text
            FROM pg_database d WHERE datname = 'template0'),
         (SELECT (to_jsonb(r) - '{oid,rolpassword}'::text[])::text
            FROM pg_roles r WHERE rolname = current_user))
"""


def read_server_stamp(settings: DatabaseSettings, alias: str) -> ServerStamp:
    """Return what a server is like; raise unless it allows creating scratch databases."""
    with connect_to_server(settings, alias) as server, server.cursor() as cursor:
        check_rights(cursor)
        cursor.execute(_STAMP_QUERY)
        version, major, text = cursor.fetchone()
        return ServerStamp(
            version=ServerVersion(text=f"PostgreSQL {version.split()[0]}", major=major),
            text=text,
        )


@contextmanager
def hold_disconnected(settings: DatabaseSettings, alias: str) -> Iterator[Connection]:
    """Hold a connection that never opens, for a server with all that Django knows.

    Raises ``Unreachable`` at the end, too, if somebody caught that the server was asked.
    """
    connection: Any = make_sibling(settings, alias)
    asked: list[DevServerUnreachable] = []

    def refuse() -> None:
        asked.append(
            DevServerUnreachable(problem="A field or a package asks the server.")
        )
        raise asked[0]

    connection.connect = connection.ensure_connection = refuse
    connection.ops.compose_sql = _write_parameters
    _take_features_of_newest(connection)
    yield connection
    if asked:
        raise asked[0]


def _take_features_of_newest(connection: Any) -> None:
    """Let Django's features be those of the newest server; who asks for its version then,
    a field for example, asks the server."""
    connection.pg_version = _NEWEST_VERSION
    for name in dir(connection.features):
        if name.startswith("is_postgresql_"):
            getattr(connection.features, name)  # which keeps it
    del connection.pg_version


def _write_parameters(text: Any, parameters: Iterable[Any]) -> str:
    """Return SQL and its parameters, ``db_default`` for example, as one text.

    Django asks a cursor to fill them in; that the text tells all values apart is enough.
    """
    # Not at the top: a project that only names the engine may lack the driver.
    from django.db.backends.postgresql.psycopg_any import sql

    return "\n".join((str(text), *(sql.quote(value, None) for value in parameters)))
