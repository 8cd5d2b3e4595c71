"""Two states → their difference → a plan → a proof → a file.

Invariant: a ``Proposal`` that says ``proved`` was run on the dev database after the
files before it, and left no difference to the desired state.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import NotConverging, PlanError
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.plan.fills import fill
from schema_migrations.plan.plan import Plan, build
from schema_migrations.plan.summary import Line, header, summarize
from schema_migrations.schema.carry import carry, restrict
from schema_migrations.schema.changes import Change
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Key, Schema
from schema_migrations.schema.unsettled import unsettled
from schema_migrations.version import VERSION
from schema_migrations.workflows.sources import FILES, MODELS, Workspace, open_state
from schema_migrations.workflows.states import State, inspect, replay, settled

Scope = Callable[[Schema, Schema], frozenset[Key]]
"""(current, desired) → the tables that a change may touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What leads from one state to the other."""

    changes: tuple[Change, ...] = ()
    """Without an engine's finer steps."""
    lines: tuple[Line, ...] = ()
    plan: Plan | None = None
    """None: nothing to do."""
    text: str = ""
    """Of the file that carries it out."""
    proved: bool = False


def propose(
    workspace: Workspace,
    *,
    source: str = FILES,
    target: str = MODELS,
    scope: Scope | None = None,
    proved: bool = True,
) -> Proposal:
    """Return what leads from ``source`` to ``target``, proved unless told otherwise.

    Raises ``NotConverging`` when the proof leaves a difference, ``PlanError`` for a
    change that cannot be planned or breaks a view, ``StatementFailed`` for a file or plan that the dev
    database refuses.
    """
    with ExitStack() as stack:
        current = stack.enter_context(open_state(source, workspace))
        desired = stack.enter_context(open_state(target, workspace))
        current, goal = _comparable(workspace, current, desired, scope)
        with workspace.phases("diff"):
            changes = diff(current.schema, goal)
        if not changes:
            return Proposal(proved=True)
        proposal = _planned(workspace, changes, current, goal, desired)
        if proved:
            with workspace.phases("proof"):
                _prove(workspace, current, goal, proposal.text)
            proposal = replace(proposal, proved=True)
        return proposal


def _comparable(
    workspace: Workspace, current: State, desired: State, scope: Scope | None
) -> tuple[State, Schema]:
    """Bring both sides to settled definitions and to the same scope."""
    with workspace.phases("settle"):
        keys = unsettled(current.schema, desired.schema)
        current = settled(workspace.engine, current, keys)
        desired = settled(workspace.engine, desired, keys)
    goal = desired.schema
    if desired.models_only:
        goal = carry(current.schema, goal)
    if scope is not None:
        goal = restrict(current.schema, goal, scope(current.schema, goal))
    return current, goal


def _planned(
    workspace: Workspace,
    changes: tuple[Change, ...],
    current: State,
    goal: Schema,
    desired: State,
) -> Proposal:
    engine = workspace.engine
    with workspace.phases("plan"):
        plan = build(
            fill(changes, desired.fills),
            current.schema,
            goal,
            passes=engine.passes,
            render=engine.render,
        )
    lines = summarize(changes)
    text = format_file(
        header=file_header(lines, plan, proved_on=_version(engine, current)),
        statements=[(s.comment, s.sql) for s in plan.statements],
        txmode="" if all(s.transactional for s in plan.statements) else "none",
    )
    return Proposal(changes=changes, lines=lines, plan=plan, text=text)


def _version(engine: Engine, state: State) -> str:
    """Return ``PostgreSQL 16.4``: of the server, without its place."""
    return engine.session.describe(state.connection).version


def file_header(
    lines: tuple[Line, ...], plan: Plan, *, proved_on: str
) -> tuple[str, ...]:
    """Return the comment lines at the top of a generated file."""
    said = list(header(lines))
    said += [f"DATA LOSS: {loss}." for loss in plan.losses]
    said += [f"NEEDS A LOOK: {obstacle}." for obstacle in plan.obstacles]

    said.append(f"Made by django-schema-migrations {VERSION}, proved on {proved_on}.")
    return tuple(said)


BY_HAND = (
    "The dev database refused this statement of the plan; nothing was written.\n"
    "Make this change in a file by hand: manage.py schemadiff --empty NAME, then "
    "schemahash."
)


def _dangling(engine: Engine, state: State) -> str:
    return (
        engine.dangling(state.connection.connection.cursor()) if engine.dangling else ""
    )


def _prove(workspace: Workspace, current: State, goal: Schema, text: str) -> None:
    """Run the file's own text after the files before it and look for a difference."""
    engine = workspace.engine
    file = MigrationFile(name="the new file", content=text.encode())
    before = _dangling(engine, current)
    replay(engine, current.connection, [file], hint=BY_HAND)
    after = _dangling(engine, current)
    if after not in ("", before):
        raise PlanError(
            f"this change would leave a view or trigger that no longer works: {after}",
            hint="Change it or drop it in a file of its own first: manage.py schemadiff "
            "--empty NAME",
        )
    reached = replace(current, schema=inspect(engine, current.connection))
    reached = settled(engine, reached, unsettled(reached.schema, goal))
    remaining = diff(reached.schema, goal)
    if remaining:
        left = "\n".join(f"  {line} ({line.detail})" for line in summarize(remaining))
        raise NotConverging(
            f"The plan was run on the dev database and a difference remained:\n{left}",
            hint="Nothing was written. Make this change by hand (manage.py schemadiff "
            "--empty NAME), and please report it with the model that causes it.",
        )
