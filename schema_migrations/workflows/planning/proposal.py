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
from schema_migrations.history.managed_objects import (
    add_renamed,
    find_obsolete_keys,
    format_managed_lines,
)
from schema_migrations.plan.answers import NO_ANSWERS, Answers
from schema_migrations.plan.mentions import find_mentions
from schema_migrations.plan.plan import Plan, build_plan
from schema_migrations.plan.summary import SummaryLine, format_header, summarize
from schema_migrations.schema.carried_objects import carry_over, limit_to_tables
from schema_migrations.schema.changes import Change, Drop
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Key, Opaque, Schema
from schema_migrations.schema.tolerated_differences import with_current_numbering
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.version import VERSION
from schema_migrations.workflows.planning.acknowledge import NO_NOTES, FileNotes
from schema_migrations.workflows.planning.open_questions import fill_in_answers
from schema_migrations.workflows.planning.questions import Asker
from schema_migrations.workflows.planning.renaming import (
    RenameDecision,
    apply_renames,
    decide_renames,
)
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.sources import (
    FILES,
    MODELS,
    Workspace,
    open_state,
)
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
    replay,
)

Scope = Callable[[Schema, Schema], frozenset[Key]]
"""(current, desired) → the tables that a change may touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What leads from one state to the other."""

    changes: tuple[Change, ...] = ()
    """Without an engine's finer steps."""
    summary: tuple[SummaryLine, ...] = ()
    plan: Plan | None = None
    """None: the schema stays as it is."""
    file_text: str = ""
    """Of the file that carries it out; empty: there is nothing to write."""
    proved: bool = False


def propose(
    workspace: Workspace,
    *,
    source: str = FILES,
    target: str = MODELS,
    answers: Answers = NO_ANSWERS,
    asker: Asker | None = None,
    strict: bool = True,
    scope: Scope | None = None,
    prove: bool = True,
    notes: FileNotes = NO_NOTES,
) -> Proposal:
    """Return what leads from ``source`` to ``target``: ``between`` their two states."""
    with ExitStack() as stack:
        current = stack.enter_context(open_state(source, workspace))
        desired = stack.enter_context(open_state(target, workspace))
        return plan_change(
            workspace.engine,
            current,
            desired,
            answers=answers,
            asker=asker,
            strict=strict,
            scope=scope,
            prove=prove,
            notes=notes,
            phases=workspace.phases,
        )


def plan_change(
    engine: Engine,
    current: State,
    desired: State,
    *,
    answers: Answers = NO_ANSWERS,
    asker: Asker | None = None,
    strict: bool = True,
    scope: Scope | None = None,
    prove: bool = True,
    notes: FileNotes = NO_NOTES,
    phases: Phases | None = None,
) -> Proposal:
    """Return what leads from one state to the other, proved unless told otherwise.

    ``asker`` is asked what ``answers`` leave open.  Without it, and ``strict``, an open
    question raises ``AnswerNeeded``; not strict, data loss and missing values are only
    said.  ``notes`` go into the file.  The proof runs on the database of ``current``,
    which is as desired after it.

    Raises ``NotConverging`` when the proof leaves a difference, ``PlanError`` for a
    change that cannot be planned or breaks a view, ``StatementFailed`` for a plan that
    the dev database refuses, ``ConfigError`` for an answer that fits nothing.
    """
    phases = phases or Phases()
    with phases("renames"):
        decision = _decide_renames(current, desired, answers, asker, scope)
    recorded = desired.managed_names
    desired = replace(desired, managed_names=add_renamed(recorded, decision.renames))
    first = _find_early_drops(engine, current.schema, desired)
    with apply_renames(
        engine, current, decision.renames, desired.facts, early_drops=first
    ) as before:
        state, goal = _make_comparable(engine, before.state, desired, scope, phases)
        with phases("diff"):
            changes = diff(state.schema, goal)
        if not (changes or before.changes):
            return Proposal(file_text=_format_notes_only(notes), proved=True)
        changes, said = fill_in_answers(
            engine,
            state,
            desired.facts,
            changes,
            decision,
            answers=answers,
            asker=asker,
            strict=strict,
        )
    with phases("plan"):
        plan = build_plan(
            changes, state.schema, goal, passes=engine.passes, render=engine.render
        )
        plan = plan.with_earlier(before.changes, before.statements)
        looks = find_mentions((*before.changes, *changes), current.schema, goal)
        plan = replace(plan, restrictions=(*plan.restrictions, *looks))
    if desired.models_only:
        said += format_managed_lines(desired.schema, goal, recorded)
    proposal = _make_proposal(
        engine, current, (*before.changes, *changes), plan, said, notes
    )
    if not prove:
        return proposal
    with phases("proof"):
        _prove(engine, current, goal, proposal.file_text)
    return replace(proposal, proved=True)


def _find_early_drops(
    engine: Engine, current: Schema, desired: State
) -> tuple[Drop, ...]:
    """Return the drops of views and triggers that change or go, where they are text.

    Such a one may name what is about to be renamed, and SQLite then refuses to.  A view
    on which something else stands stays: that would go with it.
    """
    if engine.explain_dangling is None:
        return ()
    gone = find_obsolete_keys(current, desired.schema, desired.managed_names)
    found = [
        obj
        for obj in current.of(Opaque)
        if obj.type in ("trigger", "view")
        and (obj.key in gone or desired.schema.get(obj.key) not in (None, obj))
    ]
    keys = {obj.key for obj in found}
    held = {k for obj in current.of(Opaque) if obj.key not in keys for k in obj.needs}
    free = [obj for obj in found if obj.key not in held]
    return tuple(Drop(object=o) for o in sorted(free, key=lambda o: (o.type, o.key)))


def _decide_renames(
    current: State,
    desired: State,
    answers: Answers,
    asker: Asker | None,
    scope: Scope | None,
) -> RenameDecision:
    goal = desired.schema
    if scope is not None:
        goal = limit_to_tables(current.schema, goal, scope(current.schema, goal))
    return decide_renames(
        current.schema, goal, desired.facts, answers=answers, asker=asker
    )


def _make_comparable(
    engine: Engine,
    current: State,
    desired: State,
    scope: Scope | None,
    phases: Phases,
) -> tuple[State, Schema]:
    """Bring both sides to settled definitions, one numbering and the same scope."""
    with phases("settle"):
        keys = find_uncertain_definitions(current.schema, desired.schema)
        current = canonicalize_state(engine, current, keys)
        desired = canonicalize_state(engine, desired, keys)
    goal = with_current_numbering(current.schema, desired.schema)
    if desired.models_only:
        gone = find_obsolete_keys(current.schema, goal, desired.managed_names)
        unmanaged = desired.facts.unmanaged_tables
        goal = carry_over(
            current.schema, goal, obsolete_keys=gone, unmanaged_tables=unmanaged
        )
    if scope is not None:
        goal = limit_to_tables(current.schema, goal, scope(current.schema, goal))
    return current, goal


def _make_proposal(
    engine: Engine,
    current: State,
    changes: tuple[Change, ...],
    plan: Plan,
    answer_lines: tuple[str, ...],
    notes: FileNotes,
) -> Proposal:
    lines = summarize(changes)
    text = format_file(
        header=format_file_header(
            lines,
            plan,
            answer_lines,
            notes,
            proved_on=_read_server_version(engine, current),
        ),
        statements=[(s.comment, s.sql) for s in plan.statements],
        footer=notes.footer_lines,
        txmode="" if all(s.transactional for s in plan.statements) else "none",
    )
    return Proposal(changes=changes, summary=lines, plan=plan, file_text=text)


def _format_notes_only(notes: FileNotes) -> str:
    """Return the text of a file that only records; empty when there is no need."""
    if not notes.footer_lines:
        return ""
    made = f"Made by django-schema-migrations {VERSION}."
    header = (
        "The schema does not change.",
        *notes.review_lines,
        made,
        *notes.coverage_lines,
    )
    return format_file(header=header, statements=(), footer=notes.footer_lines)


def _read_server_version(engine: Engine, state: State) -> str:
    """Return ``PostgreSQL 16.4``: of the server, without its place."""
    return engine.session.describe_target(state.connection).version


def format_file_header(
    lines: tuple[SummaryLine, ...],
    plan: Plan,
    answer_lines: tuple[str, ...],
    notes: FileNotes,
    *,
    proved_on: str,
) -> tuple[str, ...]:
    """Return the comment lines at the top of a generated file.

    Renamed tables and columns are among the answers.
    """
    said = [
        *format_header([line for line in lines if not _is_rename_line(line)]),
        *answer_lines,
    ]
    said += [f"DATA LOSS: {loss}." for loss in plan.losses]
    said += [f"NEEDS A LOOK: {obstacle}." for obstacle in plan.restrictions]
    said += notes.review_lines
    said.append(f"Made by django-schema-migrations {VERSION}, proved on {proved_on}.")
    return (*said, *notes.coverage_lines)


def _is_rename_line(line: SummaryLine) -> bool:
    return line.sign == ">" and line.kind in ("table", "column")


BY_HAND_HINT = (
    "The dev database refused this statement of the plan; nothing was written.\n"
    "Make this change in a file by hand: manage.py schemadiff --empty NAME, then "
    "schemahash."
)


def _find_dangling(engine: Engine, state: State) -> str:
    return (
        engine.explain_dangling(state.connection.connection.cursor())
        if engine.explain_dangling
        else ""
    )


def _prove(engine: Engine, current: State, goal: Schema, text: str) -> None:
    """Run the file's own text after the files before it and look for a difference."""
    file = MigrationFile(name="the new file", content=text.encode())
    before = _find_dangling(engine, current)
    replay(engine, current.connection, [file], hint=BY_HAND_HINT)
    after = _find_dangling(engine, current)
    if after not in ("", before):
        raise PlanError(
            f"this change would leave a view or trigger that no longer works: {after}",
            hint="Change it or drop it in a file of its own first: manage.py schemadiff "
            "--empty NAME",
        )
    reached = replace(current, schema=inspect_database(engine, current.connection))
    reached = canonicalize_state(
        engine, reached, find_uncertain_definitions(reached.schema, goal)
    )
    remaining = diff(reached.schema, goal)
    if remaining:
        left = "\n".join(f"  {line} ({line.detail})" for line in summarize(remaining))
        raise NotConverging(
            f"The plan was run on the dev database and a difference remained:\n{left}",
            hint="Nothing was written. Make this change by hand (manage.py schemadiff "
            "--empty NAME), and please report it with the model that causes it.",
        )
