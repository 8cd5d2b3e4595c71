"""Run the dev server ``embedded``, from server programs on this machine.

Invariant: it ends with the ``with`` block, at the latest with this process.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.dev.cluster import SUPERUSER, run_server
from schema_migrations.dev.programs import choose_programs, find_installed_programs
from schema_migrations.dev.server import DevServer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_migrations.dev.programs import Programs


@contextmanager
def run_embedded_server(
    *, major: int | None = None, extensions: Collection[str] = ()
) -> Iterator[DevServer]:
    """Run the best matching PostgreSQL on this machine.

    Raises ``ConfigError`` when there is none, ``Unreachable`` when it does not start.
    """
    programs = choose_programs(
        find_installed_programs(), major=major, extensions=extensions
    )
    with run_programs(programs) as server:
        yield server


@contextmanager
def run_programs(
    programs: Programs, *, asks_for_password: bool = True
) -> Iterator[DevServer]:
    """Run a server of these programs; see ``run_server``."""
    with run_server(programs, asks_for_password=asks_for_password) as server:
        yield DevServer(
            settings={
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "postgres",
                "USER": SUPERUSER,
                "PASSWORD": server.password,
                "HOST": str(server.folder),
                "PORT": "5432",
                "OPTIONS": {},
            },
            description=f"embedded PostgreSQL {programs.version}",
            major=programs.major,
        )
