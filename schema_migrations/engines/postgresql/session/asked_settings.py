"""The settings of the server that a URL asks for: does the session have them?

Invariant: nothing is left set; ``set_config`` here ends with its own statement, or with
the transaction that somebody reads in behind a pooler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DataError

from schema_migrations.engines.postgresql.server.entry import ASKED_SETTINGS
from schema_migrations.engines.postgresql.server.url_query import TIMEOUTS
from schema_migrations.engines.postgresql.session.execution import fetch_rows
from schema_migrations.errors import InvalidUrl, SettingIgnored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema_migrations.engines.connection import Connection

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

# In seconds, however the server lets them be written: 1000 and 1s are one.
TIMEOUTS_QUERY = """
SELECT extract(epoch FROM set_config(%s, %s, true)::interval)::float
"""


def check_asked_settings(connection: Connection, target: str) -> None:
    """Raise ``SettingIgnored`` unless the session has what its URL asks for, and
    ``InvalidUrl`` for a timeout that the server cannot read."""
    read_asked_timeouts(connection)
    asked = {n: v for n, v in _read_asked(connection).items() if n not in TIMEOUTS}
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
    asked = _read_asked(connection)
    timeouts: dict[str, float | None] = {}
    for name in filter(TIMEOUTS.__contains__, asked):
        try:
            ((value,),) = fetch_rows(connection, TIMEOUTS_QUERY, name, asked[name])
        except DataError as problem:
            raise InvalidUrl(
                problem=f"The server does not take {name} of the URL:"
                f" {str(problem).splitlines()[0]}",
                advice="Correct it. A number without a unit is milliseconds.",
            ) from problem
        timeouts[TIMEOUTS[name]] = value or None
    return timeouts


def _read_asked(connection: Connection) -> Mapping[str, str]:
    asked: Mapping[str, str] = connection.settings_dict.get(ASKED_SETTINGS) or {}
    return asked
