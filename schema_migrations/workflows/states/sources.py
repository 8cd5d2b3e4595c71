"""The state of a source, loaded by the source's name.

Every state has a scratch database of its own, which is dropped when the context ends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from schema_migrations.dev.server import DevServer
from schema_migrations.engines.connection import Connection
from schema_migrations.errors import (
    ConfigError,
    SourceOfOtherEngine,
)
from schema_migrations.history.checkpoint import select_from_checkpoint
from schema_migrations.history.directory import Directory, load, verify
from schema_migrations.history.file import MigrationFile
from schema_migrations.schema.model import EMPTY, Schema
from schema_migrations.schema.privileges import with_privileges_of
from schema_migrations.workflows.states.excluded_tables import (
    load_referenced_tables,
)
from schema_migrations.workflows.states.extra import (
    DeferredStatement,
    describe_deferred,
    run_deferred,
)
from schema_migrations.workflows.states.foundations import (
    hide_homes_of_extensions,
    load_prerequisites_and_extra,
    read_requested_names,
)
from schema_migrations.workflows.states.live_database import (
    open_live_database,
)
from schema_migrations.workflows.states.loaded_models import load_models
from schema_migrations.workflows.states.migrated_database import (
    refuse_shared_server,
    run_django_migrations,
)
from schema_migrations.workflows.states.migration_sql import (
    describe_makers,
    find_extensions_left_to_migrations,
)
from schema_migrations.workflows.states.models_ddl import ModelsDdl, collect_alias_ddl
from schema_migrations.workflows.states.parallel import run_in_parallel
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.prerequisites import (
    EXTENSIONS_SETTING,
    Prerequisites,
    load_prerequisites,
)
from schema_migrations.workflows.states.replay import check_origin, load_sql, replay
from schema_migrations.workflows.states.slice import Slice
from schema_migrations.workflows.states.source_forms import (
    FILES,
    MODELS,
    Source,
    read_source,
)
from schema_migrations.workflows.states.state import (
    State,
    copy_schema,
    inspect_database,
)
from schema_migrations.workflows.states.workspace import Workspace


@contextmanager
def open_state(
    source: str,
    workspace: Workspace,
    *,
    beside: Schema = EMPTY,
    within: Slice | None = None,
) -> Iterator[State]:
    """Hold the state of a source; models take the schemas of extensions ``beside`` them.

    ``within`` limits files and models to a slice.  Raises what ``read_source`` raises, and the errors of loading it.
    """
    read = read_source(source)
    if read.form == "migrations":
        refuse_shared_server(workspace.server)
    holds_files = read.form != "models" or bool(workspace.extra_statements)
    server = workspace.servers.take_unused() if holds_files else workspace.server
    with open_scratch_database(workspace, server) as connection:
        yield _load_source(read, workspace, connection, beside, within)


@contextmanager
def open_files_and_models(
    workspace: Workspace, *, within: Slice | None = None
) -> Iterator[tuple[State, State]]:
    """Hold the states of files and models; where neither needs the other, load both at
    the same time.

    Raises what ``open_state`` raises: first that a model has no SQL, then what the server
    says of the files, then what it says of the models.
    """
    with ExitStack() as stack:
        if within is None and _are_independent(workspace):
            yield _load_in_parallel(workspace, stack)
            return
        current = stack.enter_context(open_state(FILES, workspace, within=within))
        beside = current.schema
        yield (
            current,
            stack.enter_context(
                open_state(MODELS, workspace, beside=beside, within=within)
            ),
        )


def _are_independent(workspace: Workspace) -> bool:
    """Return whether models are loaded on a server, and need nothing made before them."""
    has_server = workspace.engine.probe.check_server is not None
    needs_more = workspace.extra_statements or workspace.prerequisites.is_needed
    return has_server and not needs_more


def _load_in_parallel(workspace: Workspace, stack: ExitStack) -> tuple[State, State]:
    unused = workspace.servers.take_unused()
    files = stack.enter_context(open_scratch_database(workspace, unused))
    models = stack.enter_context(open_scratch_database(workspace, workspace.server))
    # What is said while both run is what the files' replay says.
    silent = replace(workspace, phases=Phases())

    def load_files() -> State:
        return _load_source(read_source(FILES), workspace, files, EMPTY, None)

    cancel = workspace.engine.executor.cancel
    with run_in_parallel(load_files, (files, models), cancel) as loading:
        ddl = _collect_ddl(silent, models)
        # An error of the files is said first, and may be the cause.
        with loading.wait_for_error():
            with silent.phases("load models"):
                _create_models(silent, models, ddl, check=loading.check)
            schema = _inspect_models(silent, models)
        current = loading.wait_for_result()
    workspace.phases.add(silent.phases)
    return current, _make_models_state(workspace, models, schema, current.schema, ddl)


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
    source: Source,
    workspace: Workspace,
    connection: Connection,
    beside: Schema,
    within: Slice | None,
) -> State:
    engine, phases = workspace.engine, workspace.phases
    live, description = None, source.text
    match source.form:
        case "models":
            return _load_models_state(workspace, connection, beside, within)
        case "files" if within is not None:
            with phases("replay"):
                copy_schema(engine, connection, within.schema)
            description = f"{len(within.tables)} tables of the files"
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
    return State(schema=schema, connection=connection, description=description)


def _load_models_state(
    workspace: Workspace, connection: Connection, beside: Schema, within: Slice | None
) -> State:
    only = None if within is None else within.labels
    with workspace.phases("load models"):
        deferred = load_prerequisites_and_extra(
            workspace.engine,
            connection,
            workspace.prerequisites,
            workspace.extra_statements,
            beside=beside,
        )
    # After the prerequisites, which a schema editor looks at.
    ddl = _collect_ddl(workspace, connection, only)
    with workspace.phases("load models"):
        _create_models(workspace, connection, ddl, deferred)
        run_deferred(workspace.engine, connection, deferred)
    schema = _inspect_models(workspace, connection)
    return _make_models_state(workspace, connection, schema, beside, ddl)


def _collect_ddl(
    workspace: Workspace, connection: Connection, only: Collection[str] | None = None
) -> ModelsDdl:
    with workspace.phases("collect DDL"):
        return collect_alias_ddl(
            connection,
            workspace.registry,
            workspace.alias,
            labels=workspace.settings.apps,
            only=only,
            computed_defaults=workspace.engine.planner.computed_defaults,
        )


def _create_models(
    workspace: Workspace,
    connection: Connection,
    ddl: ModelsDdl,
    deferred: tuple[DeferredStatement, ...] = (),
    check: Callable[[], None] = lambda: None,
) -> None:
    engine = workspace.engine
    try:
        load_models(engine, connection, ddl, alias=workspace.alias, check=check)
    except ConfigError as error:
        refusal = error.message.partition("\n")[0]  # without the statement
        makers = describe_makers(
            refusal, workspace.django_migrations, engine.dialect.syntax
        )
        waiting = describe_deferred(deferred)
        error.hint = "\n".join(filter(None, (makers or error.hint, waiting)))
        raise


def _inspect_models(workspace: Workspace, connection: Connection) -> Schema:
    with workspace.phases("inspect"):
        return inspect_database(workspace.engine, connection)


def _make_models_state(
    workspace: Workspace,
    connection: Connection,
    schema: Schema,
    beside: Schema,
    ddl: ModelsDdl,
) -> State:
    wanted = workspace.prerequisites, workspace.extra_statements
    return State(
        schema=hide_homes_of_extensions(schema, beside, *wanted),
        connection=connection,
        description="the models",
        models_only=True,
        facts=ddl.facts,
        managed_names=read_requested_names(
            workspace.directory.files, workspace.django_migrations
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
        may_split=True,
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


def _load_sql_file(path: Path, workspace: Workspace, connection: Connection) -> None:
    file = MigrationFile(name=str(path), content=path.read_bytes())
    check_origin(workspace.engine, [file])
    load_sql(workspace.engine, connection, file.text, file=file.name)
