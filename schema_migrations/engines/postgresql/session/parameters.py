"""Set the parameters of a session for a while, and restore those that files SET.

Invariant: only parameters that differ are touched, so that what the project set when it
connected (a role, a time zone, ``search_path``) stays; ``RESET ALL`` would lose that.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import Error

from schema_migrations.engines.postgresql.session.execution import (
    check_alive,
    fetch_rows,
    rollback,
)
from schema_migrations.engines.postgresql.session_values import (
    FIXED_VALUES,
    render_set_values,
)
from schema_migrations.history.session_changes import Session
from schema_migrations.history.statements import ROLLBACK_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from schema_migrations.engines.connection import Connection

CURRENT_VALUES_QUERY = (
    "SELECT name, current_setting(name, true) FROM unnest(%s::text[]) AS name"
)

IDENTITY_PARAMETERS = ("session_authorization", "role")
"""The identity of the session; setting the first also sets the second."""

# The view lacks those two, and parameters that no extension defines (my.own).
# Parameters of the transaction end with it.
SESSION_VALUES_QUERY = """
SELECT name, setting FROM pg_settings
 WHERE source = 'session' AND name NOT LIKE 'transaction\\_%'
UNION ALL
SELECT name, current_setting(name)
  FROM (VALUES ('session_authorization'), ('role')) AS identity (name)
"""

TEMPORARY_QUERY = """
SELECT relname FROM pg_catalog.pg_class
 WHERE relnamespace = pg_catalog.pg_my_temp_schema() AND relkind IN ('r', 'p', 'v', 'S')
"""

SESSION_SETTING_PATTERN = re.compile(
    r"SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)|RESET\s"
    # As pg_dump writes it.
    r"|SELECT\s+(?:pg_catalog\.)?set_config\('[^']*',\s*'[^']*',\s*false\)\Z",
    re.IGNORECASE,
)


def is_session_setting(sql: str, end: str) -> bool:
    """Return whether a statement did nothing but set something for the session."""
    return end not in ROLLBACK_WORDS and bool(SESSION_SETTING_PATTERN.match(sql))


@contextmanager
def set_parameters(connection: Connection, values: Mapping[str, str]) -> Iterator[None]:
    """Hold parameters at these values, where the server has and permits them."""
    before: dict[str, str] = {}
    current = fetch_rows(connection, CURRENT_VALUES_QUERY, list(values))
    try:
        for name, value in current:
            if value in (None, values[name]):
                continue
            before[name] = value
            try:
                _set_values(connection, {name: values[name]})
            except (
                Error
            ):  # client_connection_check_interval, where the platform lacks it
                del before[name]
        yield
    finally:
        if check_alive(connection):
            rollback(connection)
            _set_values(connection, before)


def hold_fixed_settings(connection: Connection) -> AbstractContextManager[None]:
    """Hold what changes the meaning of SQL at the values of a dev database."""
    return set_parameters(connection, FIXED_VALUES)


def set_fixed_values(connection: Connection) -> None:
    """Fix them until the open transaction ends."""
    query, arguments = render_set_values(FIXED_VALUES, in_transaction=True)
    fetch_rows(connection, query, *arguments)


@contextmanager
def keep_settings(connection: Connection) -> Iterator[None]:
    """Restore at the end what is SET inside, roles too; roll back on an exception."""
    before = _read_session_values(connection)
    try:
        yield
    except BaseException:
        rollback(connection)
        raise
    finally:
        if check_alive(connection):
            restore_values(connection, before)


def read_session(connection: Connection) -> Session:
    """Return what was set in the session, and its temporary tables and views."""
    return Session(
        values=_read_session_values(connection),
        temporary=frozenset(
            name for (name,) in fetch_rows(connection, TEMPORARY_QUERY)
        ),
    )


def set_session_values(
    connection: Connection, values: Mapping[str, str | None]
) -> None:
    """Set parameters for the session, as the role that it belongs to: another one may
    lack the right.  The role comes last."""
    now = _read_session_values(connection)
    identity = {name: values.get(name, now[name]) for name in IDENTITY_PARAMETERS}
    own = {name: values[name] for name in values if name not in identity}
    _set_values(connection, dict.fromkeys(IDENTITY_PARAMETERS))
    _set_values(connection, own)
    for name, value in identity.items():
        _set_values(connection, {name: value})


def _read_session_values(connection: Connection) -> dict[str, str]:
    return dict(fetch_rows(connection, SESSION_VALUES_QUERY))


def restore_values(connection: Connection, before: dict[str, str]) -> None:
    now = _read_session_values(connection)
    if any(now[name] != before[name] for name in IDENTITY_PARAMETERS):
        _set_values(connection, {name: before[name] for name in IDENTITY_PARAMETERS})
        now = _read_session_values(connection)  # another role may see fewer parameters
    changed = [name for name in now | before if now.get(name) != before.get(name)]
    if changed:  # NULL: the value that the session began with
        _set_values(connection, {name: before.get(name) for name in changed})


def _set_values(connection: Connection, values: Mapping[str, str | None]) -> None:
    query, arguments = render_set_values(values, in_transaction=False)
    fetch_rows(connection, query, *arguments)
