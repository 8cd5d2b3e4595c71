"""A database engine: seven records of functions, one for each use.

Each record is in the module of its name, since most commands need few of them; that of dev
servers, which turns one engine into another, is here.
Nothing is inherited, so nothing is half overridden: a missing function is a type error
where the record is built.  An optional power is a field that may be ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from schema_migrations.engines.addresses import Addresses
    from schema_migrations.engines.connection import Connection, DatabaseSettings
    from schema_migrations.engines.dialect import Dialect
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.executor import Executor
    from schema_migrations.engines.missing_object import MissingObject
    from schema_migrations.engines.probe import Probe
    from schema_migrations.engines.reader import Reader
    from schema_migrations.plan.plan import Planner


@dataclass(frozen=True, slots=True, kw_only=True)
class DevServer:
    """The functions that make temporary databases."""

    create_scratch_database: Callable[
        [DatabaseSettings, str], AbstractContextManager[Connection]
    ]
    """(settings of a server, alias) → an empty scratch database on it."""
    find_missing_object: Callable[[DriverError], MissingObject | None] | None = None
    """Return the missing object that made the server refuse; None: another reason."""
    seal: Callable[[Engine], Engine] | None = None
    """Return the engine with scratch databases whose statements stay inside them, whatever
    their role may do on the server.  None: there is no server to share."""
    use_stand_ins: Callable[[Engine], Engine] | None = None
    """Return the engine for a server of our own, where statements find every role and
    database that they name.  None: a schema needs nothing outside of its database."""
    read_shared_objects: Callable[[DatabaseSettings, str], frozenset[str]] | None = None
    """(settings of a server, alias) → what its databases share, in words.  None: there is
    nothing that they could share."""
    suggest_dev_server: Callable[[str], str] | None = None
    """Extension → the URL of a dev server that has it, or nothing."""
    ensure_template: Callable[[Connection, str, Callable[[str], None]], str] | None = (
        None
    )
    """(connection, contents, build) → the name of a template with those contents; ``build``
    fills it if missing.  None: the server cannot copy databases."""


@dataclass(frozen=True)
class Engine:
    """A database engine; each part is imported when it is first used.

    A part is a constant in a module of ``package``: ``dialect.DIALECT`` and so on.
    """

    vendor: str
    """Django's ``connection.vendor``."""
    package: str

    @cached_property
    def dialect(self) -> Dialect:
        return cast("Dialect", self._load("dialect"))

    @cached_property
    def addresses(self) -> Addresses:
        return cast("Addresses", self._load("addresses"))

    @cached_property
    def reader(self) -> Reader:
        return cast("Reader", self._load("reader"))

    @cached_property
    def planner(self) -> Planner:
        return cast("Planner", self._load("planner"))

    @cached_property
    def executor(self) -> Executor:
        return cast("Executor", self._load("executor"))

    @cached_property
    def dev_server(self) -> DevServer:
        return cast("DevServer", self._load("dev_server"))

    @cached_property
    def probe(self) -> Probe:
        return cast("Probe", self._load("probe"))

    def _load(self, module: str) -> object:
        return getattr(import_module(f"{self.package}.{module}"), module.upper())

    def with_parts(self, **parts: object) -> Engine:
        """Return a copy of the engine with other parts: ``reader=…``, ``executor=…``."""
        copy = replace(self)
        copy.__dict__.update({**self.__dict__, **parts})
        return copy
