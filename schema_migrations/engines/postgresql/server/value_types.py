"""Values of types that only an extension has, for the driver.

``django.contrib.postgres`` registers these on the project's own connections, where the
extension exists already; a model's default must be quoted earlier.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from psycopg.adapt import Dumper

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection


class HstoreDumper(Dumper):
    """Dump a mapping as the text of an ``hstore``, whose oid need not be known.

    https://www.postgresql.org/docs/current/hstore.html#HSTORE-EXTERNAL-REP
    """

    def dump(self, obj: Mapping[str, str | None]) -> bytes:
        pairs = (f"{_quote(key)}=>{_quote(value)}" for key, value in obj.items())
        return ", ".join(pairs).encode()


def _quote(text: str | None) -> str:
    if text is None:
        return "NULL"
    escaped = re.sub(r'(["\\])', r"\\\1", text)
    return f'"{escaped}"'


def add_value_types(connection: Connection) -> None:
    """Let a connection quote the values of all of Django's fields."""
    connection.connection.adapters.register_dumper(dict, HstoreDumper)
