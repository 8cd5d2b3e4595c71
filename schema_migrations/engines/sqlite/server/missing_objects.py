"""What a refused statement misses, and how SQLite gets it.  Pure."""

from __future__ import annotations

import re

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.missing_object import MissingObject

_MESSAGE = re.compile(r"no such (collation sequence|function|module): (?P<name>.+)")


def find_missing_object(error: DriverError) -> MissingObject | None:
    """Return what SQLite has from programs only, never from SQL; None: something else.

    https://www.sqlite.org/datatype3.html#collating_sequences
    """
    match = _MESSAGE.search(error.message)
    if match is None:
        return None
    name = match["name"]
    match match[1]:
        case "collation sequence":
            way_out = (
                "SQLite itself has the collations BINARY, NOCASE and RTRIM: name one of"
                " them, or"
            )
            return MissingObject(
                kind="collation", name=name, way_out=f"{way_out} {_register(name)}"
            )
        case "function":
            way_out = _register(name)
            return MissingObject(
                kind="function", name=name, way_out=way_out[:1].upper() + way_out[1:]
            )
        case _:
            return MissingObject(
                kind="object",
                name=name,
                way_out=f"Use a SQLite library that was built with {name}.",
            )


def _register(name: str) -> str:
    return (
        f"register {name} on each connection, in a receiver of Django's signal"
        " connection_created."
    )
