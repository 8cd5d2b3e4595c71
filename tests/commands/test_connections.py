"""How many connections the commands open, counted from the server's log."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fixtures.children import wait_until
from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.project import Project

LINE = "connection authorized: user="


def test_each_command_opens_few_connections(
    project: Project, pg_database: dict[str, Any]
) -> None:
    """The server is asked once, the target once, and each scratch database takes two."""
    log = Path(pg_database["HOST"], "log")
    project.configure(pg_database, DEV="auto")
    opened = {}
    with logged_connections(pg_database):
        for command in (
            "schemadiff",
            "schemadiff --check",
            "schemaapply --no-signals",
            "schemastatus --drift",
        ):
            before = log.read_text().count(LINE)
            ran = project.manage(*command.split())
            assert ran.code == 0, ran.err
            opened[command] = log.read_text().count(LINE) - before
    assert opened == {
        "schemadiff": 5,  # its server, which is the target's, and two scratch databases
        "schemadiff --check": 5,
        "schemaapply --no-signals": 1,
        "schemastatus --drift": 4,
    }


@contextmanager
def logged_connections(settings: dict[str, Any]) -> Iterator[None]:
    """Let the server write a line for each connection."""
    with connect_as_administrator(settings) as server:
        server.execute("ALTER SYSTEM SET log_connections = on")
        server.execute("SELECT pg_reload_conf()")
        try:
            assert wait_until(lambda: is_logging(settings))
            yield
        finally:
            server.execute("ALTER SYSTEM RESET log_connections")
            server.execute("SELECT pg_reload_conf()")


def is_logging(settings: dict[str, Any]) -> bool:
    """Ask a new session: an open one keeps the value that it began with."""
    with connect_as_administrator(settings) as session:
        return session.execute("SHOW log_connections").fetchone() != ("off",)
