"""The dev database ``embedded``: a server of our own, from programs that are here.

Invariant: it lives no longer than the ``with`` block, nor than this process.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema_migrations.dev.cluster import SUPERUSER, serving
from schema_migrations.dev.programs import choose, installed
from schema_migrations.dev.server import Server

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from schema_migrations.dev.programs import Programs


@contextmanager
def embedded(
    *, major: int | None = None, extensions: Collection[str] = ()
) -> Iterator[Server]:
    """Run the best suited PostgreSQL of this machine.

    Raises ``ConfigError`` where there is none, ``Unreachable`` when it does not start.
    """
    programs = choose(installed(), major=major, extensions=extensions)
    with running(programs) as server:
        yield server


@contextmanager
def running(programs: Programs) -> Iterator[Server]:
    """Run these programs."""
    with serving(programs) as folder:
        yield Server(
            settings={
                "ENGINE": "django.db.backends.postgresql",
                "NAME": "postgres",
                "USER": SUPERUSER,
                "PASSWORD": "",
                "HOST": str(folder),
                "PORT": "5432",
                "OPTIONS": {},
            },
            description=f"embedded PostgreSQL {programs.version}",
        )
