"""The state of a source, loaded by the source's name.

Every state has a scratch database of its own, which is dropped when the context ends.
"""

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
from schema_migrations.engines.connection import Connection
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.executor import Target
from schema_migrations.errors import (
    ConfigError,
    SourceOfOtherEngine,
)
from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.history.directory import Directory, load, verify
from schema_migrations.history.file import MigrationFile
from schema_migrations.schema.model import EMPTY, NO_KEYS, Key, Schema
from schema_migrations.schema.privileges import with_privileges_of
from schema_migrations.workflows.states.app_tables import AppTables, read_app_tables
from schema_migrations.workflows.states.dev_servers import DevServers, choose_sharing
from schema_migrations.workflows.states.django_migrations import (
    DjangoMigrations,
    read_django_migrations,
)
from schema_migrations.workflows.states.excluded_tables import (
    load_referenced_tables,
)
from schema_migrations.workflows.states.extra import describe_deferred, run_deferred
from schema_migrations.workflows.states.extra_files import ExtraStatement
from schema_migrations.workflows.states.foundations import (
    hide_homes_of_extensions,
    list_extensions,
    load_prerequisites_and_extra,
    read_requested_names,
)
from schema_migrations.workflows.states.inputs import Inputs, read_inputs
from schema_migrations.workflows.states.live_database import (
    major_of,
    open_live_database,
    prepare_target_lookup,
)
from schema_migrations.workflows.states.migrated_database import (
    refuse_shared_server,
    run_django_migrations,
)
from schema_migrations.workflows.states.migration_sql import (
    describe_makers,
    find_extensions_left_to_migrations,
)
from schema_migrations.workflows.states.model_facts import NO_FACTS, ModelFacts
from schema_migrations.workflows.states.models_ddl import collect_alias_ddl
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.prerequisites import (
    EXTENSIONS_SETTING,
    Prerequisites,
    find_prerequisites,
    load_prerequisites,
)
from schema_migrations.workflows.states.source_forms import Source, read_source
from schema_migrations.workflows.states.state import (
    State,
    check_origin,
    copy_schema,
    inspect_database,
    load_models,
    load_sql,
    replay,
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


@contextmanager
def open_state(
    source: str, workspace: Workspace, *, beside: Schema = EMPTY
) -> Iterator[State]:
    """Hold the state of a source; models take the schemas of extensions ``beside`` them.

    Raises what ``read_source`` raises, and the errors of loading it.
    """
    read = read_source(source)
    if read.form == "migrations":
        refuse_shared_server(workspace.server)
    holds_files = read.form != "models" or bool(workspace.extra_statements)
    server = workspace.servers.take_unused() if holds_files else workspace.server
    with open_scratch_database(workspace, server) as connection:
        yield _load_source(read, workspace, connection, beside)


@contextmanager
def open_scratch_database(
    workspace: Workspace, server: DevServer | None = None
) -> Iterator[Connection]:
    """Hold a new scratch database with the excluded tables that models refer to."""
    engine = workspace.engine
    with ExitStack() as stack:
        with workspace.phases("dev database"):
            connection = stack.enter_context(
                engine.dev_server.create_scratch_database(
                    (server or workspace.server).settings, workspace.alias
                )
            )
            load_referenced_tables(
                engine,
                connection,
                workspace.registry,
                workspace.alias,
                workspace.settings.apps,
            )
        yield connection


def _load_source(
    source: Source, workspace: Workspace, connection: Connection, beside: Schema
) -> State:
    engine, phases = workspace.engine, workspace.phases
    models_only = source.form == "models"
    facts, live, description = NO_FACTS, None, source.text
    match source.form:
        case "models":
            facts = _load_models(workspace, connection, beside)
            description = "the models"
        case "files":
            with phases("replay"):
                _replay(workspace, connection, workspace.directory)
            description = f"{len(workspace.directory.files)} files"
        case "migrations":
            with phases("migrate"):
                load_extensions_beforehand(workspace, connection)
                run_django_migrations(
                    connection, workspace.alias, report_progress=phases.report
                )
            description = "the Django migrations"
        case "live":
            with phases("live"):
                live = _copy_live_database(source.text, workspace, connection)
            description = "the live database"
        case "folder":
            with phases("replay"):
                directory = load(source.path)
                verify(directory)
                _replay(workspace, connection, directory)
        case "sql":
            with phases("replay"):
                _load_sql_file(source.path, workspace, connection)
    with phases("inspect"):
        schema = inspect_database(engine, connection)
        if live is not None:
            schema = with_privileges_of(schema, live)
        if models_only:
            wanted = workspace.prerequisites, workspace.extra_statements
            schema = hide_homes_of_extensions(schema, beside, *wanted)
    return State(
        schema=schema,
        connection=connection,
        description=description,
        models_only=models_only,
        facts=facts,
        managed_names=(
            read_requested_names(workspace.directory.files, workspace.django_migrations)
            if models_only
            else frozenset()
        ),
    )


def load_extensions_beforehand(workspace: Workspace, connection: Connection) -> None:
    """Create the extensions that somebody makes before ``migrate`` runs."""
    made = find_extensions_left_to_migrations(
        workspace.django_migrations, workspace.engine.dialect.syntax
    )
    given = workspace.settings.extensions
    wanted = Prerequisites(
        extensions=tuple((n, EXTENSIONS_SETTING) for n in given if n not in made)
    )
    load_prerequisites(workspace.engine, connection, wanted)


def _replay(workspace: Workspace, connection: Connection, directory: Directory) -> None:
    replay(
        workspace.engine,
        connection,
        select_from_checkpoint(directory.files),
        tx_mode=workspace.settings.tx_mode,
        report_progress=workspace.phases.report,
    )


def _copy_live_database(
    source: str, workspace: Workspace, connection: Connection
) -> Schema:
    with open_live_database(source) as (database, engine):
        check_same_vendor(engine.vendor, workspace)
        schema = inspect_database(workspace.live_engine, database)
    return copy_schema(workspace.engine, connection, schema)


def check_same_vendor(vendor: str, workspace: Workspace) -> None:
    """Raise ``ConfigError`` if a database is of another kind than the alias."""
    if vendor != workspace.engine.vendor:
        alias, ours = workspace.alias, workspace.engine.vendor
        raise SourceOfOtherEngine(engine=vendor, alias=alias, alias_engine=ours)


def _load_models(
    workspace: Workspace, connection: Connection, beside: Schema
) -> ModelFacts:
    """Load prerequisites, ``EXTRA`` and the models, whose editor looks at the former."""
    engine = workspace.engine
    with workspace.phases("load models"):
        deferred = load_prerequisites_and_extra(
            engine,
            connection,
            workspace.prerequisites,
            workspace.extra_statements,
            beside=beside,
        )
    with workspace.phases("collect DDL"):
        ddl = collect_alias_ddl(
            connection,
            workspace.registry,
            workspace.alias,
            labels=workspace.settings.apps,
            computed_defaults=engine.planner.computed_defaults,
        )
    with workspace.phases("load models"):
        try:
            load_models(engine, connection, ddl, alias=workspace.alias)
        except ConfigError as error:
            refusal = error.message.partition("\n")[0]  # without the statement
            makers = describe_makers(
                refusal, workspace.django_migrations, engine.dialect.syntax
            )
            waiting = describe_deferred(deferred)
            error.hint = "\n".join(filter(None, (makers or error.hint, waiting)))
            raise
        run_deferred(engine, connection, deferred)
    return ddl.facts


def _load_sql_file(path: Path, workspace: Workspace, connection: Connection) -> None:
    file = MigrationFile(name=str(path), content=path.read_bytes())
    check_origin(workspace.engine, [file])
    load_sql(workspace.engine, connection, file.text, file=file.name)
