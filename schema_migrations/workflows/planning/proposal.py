"""Plan what leads from one state to another: renames, difference, answers, plan, proof.

Invariant: a ``Proposal`` that says ``proved`` ran on the dev database after the files
before it, and left no difference to the desired state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate

from schema_migrations.engines.engine import Engine
from schema_migrations.errors import IgnoredObjectNeeded
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.managed_objects import (
    add_renamed,
    find_obsolete_keys,
    format_managed_lines,
    managed_name_of,
)
from schema_migrations.plan.answers import NO_ANSWERS, Answers
from schema_migrations.plan.mentions import find_mentions
from schema_migrations.plan.plan import Plan, build_plan
from schema_migrations.plan.restriction import Restriction
from schema_migrations.plan.summary import SummaryLine, summarize
from schema_migrations.schema import changes as ddl
from schema_migrations.schema.carried_objects import carry_over, limit_to_tables
from schema_migrations.schema.diff import diff
from schema_migrations.schema.extensions import find_extension_moves
from schema_migrations.schema.ignored_objects import (
    find_unmade_needs,
    hide_unmade_references,
    hide_users_of_ignored,
)
from schema_migrations.schema.model import EMPTY, Schema
from schema_migrations.schema.tolerated_differences import (
    with_current_keys,
    with_current_numbering,
)
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.acknowledge import NO_NOTES, FileNotes
from schema_migrations.workflows.planning.file_text import (
    format_file_texts,
    format_notes_only,
)
from schema_migrations.workflows.planning.model_renames import (
    describe_model_renames,
    split_model_renames,
    summarize_model_renames,
)
from schema_migrations.workflows.planning.open_questions import fill_in_answers
from schema_migrations.workflows.planning.proof import (
    ReachedSchema,
    prove,
    read_reached_schema,
)
from schema_migrations.workflows.planning.questions import Asker
from schema_migrations.workflows.planning.refused_values import raise_blamed_default
from schema_migrations.workflows.planning.renaming import (
    RenameDecision,
    RenamedState,
    apply_renames,
    decide_renames,
    find_early_drops,
)
from schema_migrations.workflows.planning.trial import drop_settled_restrictions
from schema_migrations.workflows.states.app_tables import AppTables
from schema_migrations.workflows.states.model_facts import ModelFacts
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.state import State, canonicalize_state


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """How a change is planned: who answers what, and how far it goes."""

    answers: Answers = NO_ANSWERS
    """Given beforehand."""
    asker: Asker | None = None
    """Asked what the answers leave open; None: nobody can be asked."""
    strict: bool = True
    """An open question that nobody answers is an error; else losses and missing values
    are only named."""
    app_labels: tuple[str, ...] = ()
    """The change may touch only tables of these apps; empty: every table."""
    app_tables: AppTables | None = None
    """Which app a table belongs to; None: it is not known."""
    prove: bool = True
    goes_on: bool = False
    """Whoever asks uses the databases further after the server has refused the plan, so a
    refused plan must leave nothing."""
    reads_rows: bool = False
    """Read which tables have rows in the end."""
    notes: FileNotes = NO_NOTES
    """What the file says of Django's migrations."""
    online: bool = False
    """Others shall be able to read and write meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What leads from one state to the other."""

    changes: tuple[ddl.Change, ...] = ()
    """Without an engine's finer steps."""
    summary: tuple[SummaryLine, ...] = ()
    remarks: tuple[str, ...] = ()
    """Sentences on what nobody was asked, and a reviewer would not expect."""
    plan: Plan | None = None
    """None: the schema stays as it is."""
    file_texts: tuple[str, ...] = ()
    """Of the files that carry it out, in order; empty: there is nothing to write."""
    header_lines: tuple[str, ...] = ()
    """What that text says of answers and decisions."""
    proved_on: str = ""
    """The dev server's version."""
    statement_lines: tuple[int, ...] = ()
    """The first line of each statement in its text; empty: nothing needs it."""
    proved: bool = False
    before: Schema = EMPTY
    """The schema before, after the renames."""
    goal: Schema = EMPTY
    reached: ReachedSchema | None = None
    """None: nothing was proved."""

    @property
    def script(self) -> str:
        """All texts in one, to be read or run by hand."""
        return "\n".join(self.file_texts)

    def find_file(self, statement: int) -> int:
        """Return the position of the file that holds a statement, by its 1-based number."""
        assert self.plan is not None
        ends = accumulate(map(len, self.plan.parts))
        return next(i for i, end in enumerate(ends) if statement <= end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """Both sides with canonical definitions, and what differs."""

    current: State
    """After the renames."""
    goal: Schema
    changes: tuple[ddl.Change, ...]


def plan_change(
    engine: Engine,
    current: State,
    desired: State,
    request: ChangeRequest = ChangeRequest(),
    *,
    phases: Phases | None = None,
) -> Proposal:
    """Plan the change from one state to another, and prove it.

    The proof runs on the database of ``current``, which is as desired afterwards.

    Raises ``AnswerNeeded`` for an open question, ``ConfigError`` for an answer that fits
    nothing, ``PlanError`` for a change that cannot be planned or breaks a view,
    ``StatementFailed`` for a plan that the dev database refuses, ``RefusedDefault`` if it
    refuses a given default too, and ``ProofFailed``
    when the proof leaves a difference.
    """
    phases = phases or Phases()
    current = _hide_strangers(current, desired)
    desired = _hide_strangers(desired, current)
    desired = replace(desired, schema=_check_ignored(current.schema, desired.schema))
    if request.app_tables:
        apps = request.app_tables.map_tables(current.schema, desired.schema)
        desired = replace(desired, facts=replace(desired.facts, apps=apps))
    model_renames, answers = split_model_renames(
        request.answers,
        desired.facts,
        current.schema,
        desired.schema,
        engine.dialect.shorten_name,
    )
    answers = answers.with_stored_names(engine.dialect.shorten_name)
    request = replace(request, answers=answers)
    with phases("renames"):
        decision = _decide_renames(engine, current, desired, request)
    recorded = desired.managed_names
    desired = replace(desired, managed_names=add_renamed(recorded, decision.renames))
    early_drops = find_early_drops(current.schema, desired)
    with apply_renames(
        engine,
        current,
        decision.renames,
        desired.facts,
        early_drops=early_drops,
        model_renames=model_renames,
        moves=find_extension_moves(current.schema, desired.schema),
    ) as renamed:
        renamed = replace(renamed, state=_hide_strangers(renamed.state, desired))
        compared = _compare(engine, renamed.state, desired, request.app_labels, phases)
        if not (compared.changes or renamed.statements):
            return _make_unchanged(engine, current, compared.current.schema, request)
        answered = fill_in_answers(
            engine,
            replace(renamed, state=compared.current),
            desired.facts,
            compared.changes,
            decision,
            answers=request.answers,
            asker=request.asker,
            strict=request.strict,
        )
    changes = answered.changes
    header_lines = (*answered.answer_lines, *answered.remarks)
    compared = replace(compared, changes=changes)
    with phases("plan"):
        plan = _build_plan(engine, current, renamed, compared, online=request.online)
    if desired.models_only:
        header_lines += format_managed_lines(desired.schema, compared.goal, recorded)
    changes = (*renamed.changes, *changes)
    summary = (
        *summarize(changes, desired.facts.apps),
        *summarize_model_renames(model_renames),
    )
    proposal = Proposal(
        changes=changes,
        summary=summary,
        remarks=(*answered.remarks, *desired.facts.warnings),
        plan=plan,
        header_lines=(*describe_model_renames(model_renames), *header_lines),
        proved_on=engine.executor.describe_target(current.connection).version,
        before=compared.current.schema,
        goal=compared.goal,
    )
    proposal = with_notes(engine, proposal, request.notes)
    if not request.prove:
        return proposal
    with (
        phases("proof"),
        raise_blamed_default(
            answered.refused_defaults, answered.values, proposal.file_texts
        ),
    ):
        schema = prove(
            engine,
            current,
            compared.goal,
            proposal.file_texts,
            is_goal_of_models=desired.models_only,
            may_split=not request.goes_on,
        )
    return replace(
        proposal,
        proved=True,
        reached=read_reached_schema(
            engine, current, schema, reads_rows=request.reads_rows
        ),
    )


def _make_unchanged(
    engine: Engine, current: State, schema: Schema, request: ChangeRequest
) -> Proposal:
    unchanged = Proposal(
        proved=True,
        before=schema,
        goal=schema,
        reached=read_reached_schema(
            engine, current, schema, reads_rows=request.reads_rows
        ),
    )
    return with_notes(engine, unchanged, request.notes)


def with_notes(engine: Engine, proposal: Proposal, notes: FileNotes) -> Proposal:
    """Return the proposal with a text that says this of Django's migrations.

    Notes are comments: what was proved stays so.
    """
    plan = proposal.plan
    if plan is None:
        text = format_notes_only(notes)
        return replace(proposal, file_texts=(text,) if text else ())
    header, version = proposal.header_lines, proposal.proved_on
    texts = format_file_texts(plan, proposal.summary, header, notes, proved_on=version)
    lines = tuple(
        line
        for text in (texts if plan.restrictions else ())
        for line in _find_statement_lines(engine, text)
    )
    return replace(proposal, file_texts=texts, statement_lines=lines)


def _hide_strangers(state: State, other: State) -> State:
    """Return a state; that of a live database is without what is none of ours."""
    if not state.schema.knows_privileges:
        return state
    return replace(state, schema=hide_users_of_ignored(state.schema, other.schema))


def _check_ignored(current: Schema, desired: Schema) -> Schema:
    """Return ``desired`` without foreign keys to ignored tables that no file makes.

    Raises ``IgnoredObjectNeeded`` for anything else that needs what no file makes.
    """
    for key, needed in find_unmade_needs(current, desired):
        user = managed_name_of(key) if key.kind == "opaque" else str(key)
        raise IgnoredObjectNeeded(object=user, needed=managed_name_of(needed))
    return hide_unmade_references(current, desired)


def _find_statement_lines(engine: Engine, text: str) -> tuple[int, ...]:
    file = MigrationFile(name="", content=text.encode())
    return tuple(each.line for each in file.split_statements(engine.dialect.syntax))


def _decide_renames(
    engine: Engine, current: State, desired: State, request: ChangeRequest
) -> RenameDecision:
    def find_changes() -> tuple[SummaryLine, ...]:
        compared = _compare(engine, current, desired, request.app_labels, Phases())
        return summarize(compared.changes, desired.facts.apps)

    return decide_renames(
        current.schema,
        _limit(current.schema, desired.schema, desired.facts, request.app_labels),
        desired.facts,
        answers=request.answers,
        asker=request.asker,
        find_changes=find_changes,
        fold_name=engine.dialect.fold_name,
    )


def _limit(
    current: Schema, goal: Schema, facts: ModelFacts, app_labels: tuple[str, ...]
) -> Schema:
    """Return the goal for the tables of some apps, and ``current`` for all others."""
    if not app_labels:
        return goal
    tables = {table for table, label in facts.apps.items() if label in app_labels}
    return limit_to_tables(current, goal, tables)


def _compare(
    engine: Engine,
    current: State,
    desired: State,
    app_labels: tuple[str, ...],
    phases: Phases,
) -> _Comparison:
    """Bring both sides to canonical definitions, one numbering and one scope; compare."""
    with phases("canonicalize"):
        # The files' side last: mostly it is canonical, and then equal already.
        keys = find_uncertain_definitions(current.schema, desired.schema)
        desired = canonicalize_state(engine, desired, keys)
        keys = find_uncertain_definitions(current.schema, desired.schema)
        current = canonicalize_state(engine, current, keys)
    goal = desired.schema
    if desired.models_only:
        # Django alters no key of a many-to-many table, whatever the models say now.
        links = desired.facts.auto_created_tables
        goal = with_current_keys(current.schema, goal, links)
        goal = with_current_numbering(current.schema, goal)
        obsolete = find_obsolete_keys(current.schema, goal, desired.managed_names)
        goal = carry_over(
            current.schema,
            goal,
            obsolete_keys=obsolete,
            unmanaged_tables=desired.facts.unmanaged_tables,
        )
    goal = _limit(current.schema, goal, desired.facts, app_labels)
    with phases("diff"):
        changes = diff(current.schema, goal)
    return _Comparison(current=current, goal=goal, changes=changes)


def _build_plan(
    engine: Engine,
    before: State,
    renamed: RenamedState,
    compared: _Comparison,
    *,
    online: bool,
) -> Plan:
    """Return the plan of the renames and of what follows them."""
    plan = build_plan(
        compared.changes,
        compared.current.schema,
        compared.goal,
        planner=engine.planner,
        renames=renamed.changes,
        online=online,
    )
    plan = plan.with_earlier(renamed.changes, renamed.statements)
    every = (*renamed.changes, *compared.changes)
    stale = tuple(
        Restriction(code="stale-routine", message=text)
        for text in find_mentions(every, before.schema, compared.goal)
    )
    restrictions = drop_settled_restrictions(engine, before, plan.restrictions)
    return replace(plan, restrictions=(*restrictions, *stale))
