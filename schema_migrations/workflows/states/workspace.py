"""Open what all sources of one command share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.apps import apps as installed_apps
from django.apps.registry import Apps

from schema_migrations.conf import Settings
from schema_migrations.dev.open_server import Sharing, open_server
from schema_migrations.dev.server import DevServer
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.executor import Target
from schema_migrations.history.directory import Directory
from schema_migrations.schema.model import NO_KEYS, Key
from schema_migrations.workflows.states.app_tables import AppTables, read_app_tables
from schema_migrations.workflows.states.dev_servers import DevServers, choose_sharing
from schema_migrations.workflows.states.django_migrations import (
    DjangoMigrations,
    read_django_migrations,
)
from schema_migrations.workflows.states.extra_files import ExtraStatement
from schema_migrations.workflows.states.foundations import (
    list_extensions,
)
from schema_migrations.workflows.states.inputs import Inputs, read_inputs
from schema_migrations.workflows.states.live_database import (
    major_of,
    prepare_target_lookup,
)
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.prerequisites import (
    Prerequisites,
    find_prerequisites,
)
from schema_migrations.workflows.states.state import (
    with_compared_privileges,
    with_ignored,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The engine, settings and dev server that all sources of one command share."""

    engine: Engine
    """For scratch databases: what runs there stays there."""
    live_engine: Engine
    """For a live database, which is only read."""
    ask_target: Callable[[], Target | None]
    alias: str
    settings: Settings
    servers: DevServers
    directory: Directory
    """The directory of the alias, loaded and verified."""
    registry: Apps
    django_migrations: DjangoMigrations = field(default_factory=DjangoMigrations)
    """The migrations of the alias's apps."""
    prerequisites: Prerequisites = field(default_factory=Prerequisites)
    extra_statements: tuple[ExtraStatement, ...] = ()
    """The statements that ``EXTRA`` adds to the desired state."""
    app_tables: AppTables
    """Which app a table belongs to."""
    excluded_tables: frozenset[Key] = NO_KEYS
    """Tables that Django's own migrations create; the engine does not see them."""
    phases: Phases = field(default_factory=Phases)

    @property
    def server(self) -> DevServer:
        """The server to describe: others are alike."""
        return self.servers.first


@contextmanager
def open_workspace(
    alias: str,
    *,
    directory: Path | None = None,
    dev: str | None = None,
    registry: Apps = installed_apps,
    inputs: Inputs | None = None,
    sharing: Sharing | None = None,
    report: Callable[[str], None] = lambda line: None,
    report_progress: Callable[[str], None] = lambda text: None,
) -> Iterator[Workspace]:
    """Read and verify the directory of an alias and open its dev server.

    ``inputs`` are what was read already; ``sharing`` says when ``auto`` may take the project's own server, None: as the files
    suggest; ``report`` gets a line before anything slow, ``report_progress`` what runs now.
    Raises ``ConfigError`` and ``IntegrityError`` before the first server, ``Unreachable``.
    """
    inputs = inputs or read_inputs(alias, directory=directory, registry=registry)
    settings, alias_engine = inputs.settings, inputs.engine
    loaded_directory, excluded_tables = inputs.directory, inputs.excluded_tables
    extra_statements = inputs.extra_statements
    engine = with_ignored(
        alias_engine, settings.ignore_patterns, excluded_tables=excluded_tables
    )
    phases = Phases(report_progress)
    with phases("migrations"):
        django_migrations = read_django_migrations(settings.apps)
    prerequisites = find_prerequisites(
        engine.vendor, alias, settings.extensions, django_migrations
    )
    ask_target = prepare_target_lookup(alias, alias_engine)
    with ExitStack() as stack:

        def start_server(sharing: Sharing) -> DevServer:
            with phases("dev server"):
                return stack.enter_context(
                    open_server(
                        dev or settings.dev,
                        alias,
                        extensions=list_extensions(prerequisites, extra_statements),
                        find_major=lambda: major_of(ask_target()),
                        sharing=sharing,
                        report=report,
                    )
                )

        server = start_server(
            sharing
            or choose_sharing(engine, settings, loaded_directory, extra_statements)
        )
        if settings.compares_privileges:
            # In a sealed room everything belongs to the room.
            engine = with_ignored(
                with_compared_privileges(alias_engine, owners=not server.is_shared),
                settings.ignore_patterns,
                excluded_tables=excluded_tables,
            )
        servers = DevServers(server, engine, alias, lambda: start_server("never"))
        dev_server = engine.dev_server
        prepare = dev_server.seal if server.is_shared else dev_server.use_stand_ins
        live_engine, engine = engine, prepare(engine) if prepare else engine
        yield Workspace(
            engine=engine,
            live_engine=live_engine,
            ask_target=ask_target,
            alias=alias,
            settings=settings,
            servers=servers,
            directory=loaded_directory,
            registry=registry,
            django_migrations=django_migrations,
            app_tables=read_app_tables(registry, engine.dialect, django_migrations),
            prerequisites=prerequisites,
            extra_statements=extra_statements,
            excluded_tables=excluded_tables,
            phases=phases,
        )
