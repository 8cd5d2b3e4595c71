"""Hold the dev servers of one command.

A server of our own keeps what statements make beside their database, a role for example,
until the command ends.  Invariant: the statements of a source never find there what those
of another source made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from schema_migrations.conf import Settings
    from schema_migrations.dev.open_server import Sharing
    from schema_migrations.dev.server import DevServer
    from schema_migrations.engines.engine import Engine
    from schema_migrations.history.directory import Directory
    from schema_migrations.workflows.states.extra_files import ExtraStatement


class DevServers:
    """The first server, and another where an earlier source left something."""

    def __init__(
        self,
        first: DevServer,
        engine: Engine,
        alias: str,
        open_another: Callable[[], DevServer],
    ) -> None:
        self.first = first
        self._newest = first
        self._engine = engine
        self._alias = alias
        self._open_another = open_another
        self._objects = self._read_objects()

    def take_unused(self) -> DevServer:
        """Return a server that holds nothing of an earlier source."""
        if self._read_objects() != self._objects:
            self._newest = self._open_another()
            self._objects = self._read_objects()
        return self._newest

    def _read_objects(self) -> frozenset[str]:
        read = self._engine.dev_server.read_shared_objects
        if read is None or self._newest.is_shared:
            return frozenset()
        return read(self._newest.settings, self._alias)


def choose_sharing(
    engine: Engine,
    settings: Settings,
    directory: Directory,
    extra_statements: Iterable[ExtraStatement],
) -> Sharing:
    """Return when ``auto`` may take the project's own server, as its files suggest."""
    may_leave = engine.probe.may_leave
    if may_leave is None:
        return "first"
    if settings.compares_privileges:  # any role can be named on a server of our own
        return "last"
    texts = (
        *(file.text for file in directory.files),
        *(extra.statement.sql for extra in extra_statements),
    )
    return "last" if any(map(may_leave, texts)) else "first"
