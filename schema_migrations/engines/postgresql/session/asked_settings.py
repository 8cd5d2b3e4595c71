"""The settings of the server that a URL asks for: does the session have them?

Invariant: nothing is left set; ``set_config`` here ends with its own statement, or with
the transaction that somebody reads in behind a pooler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.engines.postgresql.server.url import ASKED_SETTINGS
from schema_migrations.engines.postgresql.session.execution import fetch_rows
from schema_migrations.errors import SettingIgnored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.engine import Connection

# The view lacks the role and what no extension defines (my.own).  What is asked for is
# spelled as the server would spell it: 1000 is 1s.
VALUES_QUERY = """
SELECT asked.name, known.source, current_setting(asked.name, true),
       CASE WHEN known.name IS NULL THEN asked.value
            WHEN known.source <> 'session' AND known.context IN ('user', 'superuser')
            THEN set_config(asked.name, asked.value, true)
       END
  FROM ROWS FROM (unnest(%s::text[]), unnest(%s::text[])) AS asked (name, value)
  LEFT JOIN pg_settings AS known ON lower(known.name) = asked.name
"""

TIMEOUTS = {
    "lock_timeout": "lock_timeout",
    "statement_timeout": "statement_timeout",
    "idle_in_transaction_session_timeout": "idle_in_transaction_timeout",
}
"""The server's name → ours, in ``SessionOptions``."""

TIMEOUTS_QUERY = """
SELECT name, setting::int FROM pg_settings WHERE name = ANY (%s)
"""


def check_asked_settings(connection: Connection, target: str) -> None:
    """Raise ``SettingIgnored`` unless the session has what its URL asks for."""
    asked = _read_asked(connection)
    if not asked:
        return
    rows = fetch_rows(
        connection, VALUES_QUERY, list(asked), [str(value) for value in asked.values()]
    )
    for name, source, value, wanted in rows:
        if source == "session":  # SET since, by the program
            continue
        holds = source == "client" if wanted is None else value == wanted
        if not holds:
            raise SettingIgnored(target=target, name=name)


def read_asked_timeouts(connection: Connection) -> Mapping[str, float | None]:
    """Return the timeouts that the URL asks for, in seconds; None: off."""
    names = [name for name in TIMEOUTS if name in _read_asked(connection)]
    if not names:
        return {}
    rows = fetch_rows(connection, TIMEOUTS_QUERY, names)
    return {TIMEOUTS[name]: value / 1000 or None for name, value in rows}


def _read_asked(connection: Connection) -> Mapping[str, str]:
    asked: Mapping[str, str] = connection.settings_dict.get(ASKED_SETTINGS) or {}
    return asked
