"""The interface of what says what a dev server is like before one is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from schema_migrations.engines.connection import Connection, DatabaseSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVersion:
    """The version that a server says it has."""

    text: str
    """``PostgreSQL 16.4``."""
    major: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStamp:
    """What a server is like: equal stamps give equal results."""

    version: ServerVersion
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The functions that say what a dev server is like before one is needed."""

    read_server_stamp: Callable[[DatabaseSettings, str], ServerStamp]
    """(settings of a server, alias) → its version, and all of it that decides how SQL
    changes a new database; raise as ``check_server`` does."""
    hold_disconnected: Callable[
        [DatabaseSettings, str], AbstractContextManager[Connection]
    ]
    """(settings, alias) → what models' SQL can be collected from without a server: it
    seems to be the newest, and refuses queries."""
    check_server: Callable[[DatabaseSettings, str], ServerVersion] | None = None
    """Return the server's version; raise unless it answers and allows creating databases.
    None: there is no server."""
    may_leave: Callable[[str], bool] | None = None
    """Return whether a file's text names something outside of its database."""
