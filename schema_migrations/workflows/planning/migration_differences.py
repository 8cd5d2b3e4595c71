"""Compare what Django's own migrations make with what models or files make.

Migrations may do by SQL what no model says: ``ON DELETE CASCADE``, a default, a partial
index, a function.  A database made from the models alone lacks that, and nobody would be
told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schema_migrations.errors import PlanError, StatementFailed
from schema_migrations.plan.differences import REAL_KINDS, Difference, list_differences
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.model import Opaque
from schema_migrations.schema.relations import find_relations
from schema_migrations.workflows.planning.keeping import plan_keeping
from schema_migrations.workflows.planning.reporter import SILENCE, Reporter
from schema_migrations.workflows.states.migrated_database import (
    refuse_shared_server,
    warn_of_own_migrate,
)
from schema_migrations.workflows.states.model_tables import map_unmanaged_tables
from schema_migrations.workflows.states.source_forms import MIGRATIONS, MODELS
from schema_migrations.workflows.states.sources import (
    open_state,
)
from schema_migrations.workflows.states.state import State
from schema_migrations.workflows.states.workspace import (
    Workspace,
)
from schema_migrations.workflows.states.workspace_run import run_in_workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationDifferences:
    """What the migrations make otherwise; ``surplus``: only they make it."""

    kept: tuple[Difference, ...] = ()
    """What SQL in ``EXTRA`` makes of the models' objects."""
    left: tuple[Difference, ...] = ()
    """What no statement after the models makes: partitions, and what needs what is
    left."""
    unmanaged_models: Mapping[str, str] = field(default_factory=dict)
    """Table or view that only the migrations make → the model that reads it,
    ``shop.Role``; the model is ``managed = False``."""
    extra_text: str = ""
    """The SQL for ``EXTRA``, proved; empty: nothing is kept."""
    holds_rows_elsewhere: bool = False
    """Whether the migrations make tables, columns or others with rows that the files lack."""
    statement_count: int = 0
    unknown_reason: str = ""
    """Why they could not be compared."""


def find_migration_differences(
    workspace: Workspace, base: State, migrated: State
) -> MigrationDifferences:
    """Return how the state of the migrations differs from that of models or files.

    The database of ``base`` has what is kept afterwards.
    """
    try:
        keeping = plan_keeping(
            workspace.engine, base, migrated, phases=workspace.phases
        )
    except (PlanError, StatementFailed) as error:
        reason = error.message.partition("\n")[0]
        return MigrationDifferences(unknown_reason=reason)
    plan = keeping.proposal.plan
    changes = (*keeping.kept_changes, *keeping.left_changes)
    apps = workspace.app_tables.map_tables(base.schema, migrated.schema)

    def list_real(changes: tuple[ddl.Change, ...]) -> tuple[Difference, ...]:
        found = list_differences(changes, apps)
        return tuple(each for each in found if each.kind in REAL_KINDS)

    return MigrationDifferences(
        kept=list_real(keeping.kept_changes),
        left=list_real(keeping.left_changes),
        unmanaged_models=dict(_find_unmanaged_models(workspace, base, migrated)),
        extra_text=keeping.extra_text,
        holds_rows_elsewhere=any(map(_drops_rows, changes)),
        statement_count=len(plan.statements) if plan else 0,
    )


def _drops_rows(change: ddl.Change) -> bool:
    match change:
        case ddl.DropTable() | ddl.DropColumn():
            return True
        case ddl.Drop(object=obj):
            return isinstance(obj, Opaque) and obj.trait.holds_rows
        case _:
            return False


def _find_unmanaged_models(
    workspace: Workspace, base: State, migrated: State
) -> Iterator[tuple[str, str]]:
    """Yield (table, model) of what installed models read and only the migrations make."""
    unmanaged = map_unmanaged_tables(workspace.registry, workspace.engine.dialect)
    made = find_relations(base.schema, unmanaged)
    for relation, table in find_relations(migrated.schema, unmanaged).items():
        if relation not in made:
            yield table.path, unmanaged[table]


def compare_models_with_migrations(
    alias: str,
    *,
    directory: Path | None = None,
    dev: str | None = None,
    reporter: Reporter = SILENCE,
) -> MigrationDifferences:
    """Load the models, with ``EXTRA``, and run the migrations; return the differences.

    Raises what ``run_in_workspace`` and ``open_state`` raise.
    """

    def compare(workspace: Workspace) -> MigrationDifferences:
        refuse_shared_server(workspace.server)
        for line in workspace.server.describe():
            reporter.say(line)
        warn_of_own_migrate(reporter.warn)
        with (
            open_state(MODELS, workspace) as base,
            open_state(MIGRATIONS, workspace) as migrated,
        ):
            return find_migration_differences(workspace, base, migrated)

    return run_in_workspace(
        compare,
        alias,
        directory=directory,
        dev=dev,
        report=reporter.say,
        report_progress=reporter.show_progress,
    )
