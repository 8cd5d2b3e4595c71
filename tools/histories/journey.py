"""Walk from state to state, and check what must hold after each step."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from django.db.migrations.state import ProjectState

from schema_migrations.engines.connection import Connection, DatabaseSettings
from schema_migrations.engines.engine import Engine
from schema_migrations.engines.executor import SessionOptions
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.managed_objects import read_managed_names
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Table
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.proposal import ChangeRequest, plan_change
from schema_migrations.workflows.states.models_ddl import ModelsDdl, collect_alias_ddl
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.replay import replay
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
)
from tools.clients import describe_gap
from tools.histories import comparison, independent
from tools.histories.answers import StepAnswers, answer_step
from tools.histories.creation import (
    Surroundings,
    create_state,
    extend_surroundings,
    find_django_error,
    make_first_file,
)
from tools.histories.database import Database, Refused
from tools.histories.history import Labelled, Step, has_same_tables, render_apps
from tools.histories.questions import HistoryAsker, compare_plans
from tools.histories.renames import RenderedState
from tools.histories.rows import count_rows, fill_tables
from tools.histories.tally import Tally

ALIAS = "default"
EMPTY_DATABASE = Step(name="an empty database", operations=(), state=ProjectState())


class StepFailed(Exception):
    """A step does not end as it must; the text says how."""


@dataclass(slots=True, kw_only=True)
class WalkedDatabase:
    """The database that goes through the history, and the state that it is in."""

    state: State
    rendered: RenderedState
    creation: object
    """What fresh creation of its state runs; states with the same are the same."""
    files: tuple[MigrationFile, ...]
    """What led to its state; they say in their headers what they manage."""
    stack: ExitStack
    """Closing it drops the database."""


@dataclass(slots=True, kw_only=True)
class Journey:
    """A walk through one history, with its options and what it has reached."""

    engine: Engine
    settings: DatabaseSettings
    tally: Tally
    only: str = ""
    """Walk only steps whose name holds this."""
    verbose: int = 0
    thorough: bool = False
    """Compare by another program after every step, not only at the end."""
    asks: bool = False
    """Answer the questions of each step one by one, too, and count them."""
    phases: Phases = field(default_factory=Phases)
    surroundings: Surroundings = field(default_factory=Surroundings)
    skipped: Step = EMPTY_DATABASE
    """The last step that was not walked."""
    pending: list[Labelled] = field(default_factory=list)
    """Operations since the state that the database is in."""
    walked: WalkedDatabase | None = None
    empty_tables: dict[str, str] = field(default_factory=dict)
    """Table → why it has no rows."""

    def walk_step(self, step: Step) -> None:
        """Bring the database to the state after a step."""
        if self.only and self.only not in step.name:
            self.drop_database()
            self.skipped = step
            self.surroundings = extend_surroundings(
                self.engine, self.surroundings, step.operations
            )
            return
        walked = self.walked or self._create_first_state()
        before, self.surroundings = (
            self.surroundings,
            extend_surroundings(self.engine, self.surroundings, step.operations),
        )
        self.pending += step.operations
        if before == self.surroundings and has_same_tables(
            walked.rendered.state, step.state
        ):
            return
        with ExitStack() as stack:
            rendered = self._render(step)
            if rendered is None:
                return
            try:
                with self.phases("collect DDL"):
                    ddl = self._collect_ddl(walked.state.connection, rendered)
                if self._identify_creation(ddl) == walked.creation:
                    desired = None
                else:
                    with self.phases("fresh creation"):
                        desired = stack.enter_context(self._create_state(ddl))
            except (SchemaMigrationsError, ValueError, LookupError) as error:
                self._explain_no_creation(step, rendered, error)
                return
            if desired is not None:
                step_run = StepRun(
                    journey=self, walked=walked, desired=desired, rendered=rendered
                )
                self._apply_step(step_run, step, ddl, stack)
        self.pending.clear()
        assert self.walked is not None
        self.walked.rendered = rendered

    def _render(self, step: Step) -> RenderedState | None:
        """Render the models of a step; None: Django itself cannot."""
        with self.phases("render"):
            try:
                return RenderedState(state=step.state, apps=render_apps(step.state))
            except Exception as error:  # whatever the project's own code raises
                self._count_unfit(step, f"{type(error).__name__}: {error}")
                return None

    def _explain_no_creation(
        self, step: Step, rendered: RenderedState, error: Exception
    ) -> None:
        """Count a state that was not created: unfit only if Django cannot create it."""
        with self.phases("creation by Django"):
            django_error = find_django_error(
                self.engine, self.settings, ALIAS, rendered.apps, self.surroundings
            )
        if django_error:
            self._count_unfit(step, django_error)
            self.say(f"      ours: {_indent(error)}", level=2)
            return
        self.tally.steps += 1
        self.tally.failures.append(step.name)
        print(
            f"FAIL  {step.name}: Django creates this state, and we do not: "
            f"{_indent(error)}",
            flush=True,
        )

    def _count_unfit(self, step: Step, django_error: str) -> None:
        self.tally.unfit[step.name] = django_error
        print(f"unfit {step.name}: {_indent(django_error)}", flush=True)

    def _collect_ddl(
        self, connection: Connection, rendered: RenderedState
    ) -> ModelsDdl:
        values = self.engine.planner.computed_defaults
        return collect_alias_ddl(
            connection, rendered.apps, ALIAS, labels=None, computed_defaults=values
        )

    def _identify_creation(self, ddl: ModelsDdl) -> object:
        return self.surroundings, [part.statements for part in ddl.parts]

    def _create_first_state(self) -> WalkedDatabase:
        """Create the state before the first step that is walked, with rows."""
        rendered = RenderedState(
            state=self.skipped.state, apps=render_apps(self.skipped.state)
        )
        stack = ExitStack()
        with self.engine.dev_server.create_scratch_database(
            self.settings, ALIAS
        ) as connection:
            ddl = self._collect_ddl(connection, rendered)
        state = stack.enter_context(self._create_state(ddl))
        self.walked = WalkedDatabase(
            state=state,
            rendered=rendered,
            creation=self._identify_creation(ddl),
            files=(make_first_file(state.schema),),
            stack=stack,
        )
        self._fill_tables()
        return self.walked

    def _create_state(self, ddl: ModelsDdl) -> AbstractContextManager[State]:
        return create_state(self.engine, self.settings, ALIAS, ddl, self.surroundings)

    def _apply_step(
        self, step_run: StepRun, step: Step, ddl: ModelsDdl, stack: ExitStack
    ) -> None:
        """Apply our plan; if it fails, go on with the database of fresh creation, which
        lives as long as ``stack``."""
        began, walked = time.monotonic(), step_run.walked
        self.tally.steps += 1
        try:
            walked.state = step_run.run(tuple(self.pending))
            walked.creation = self._identify_creation(ddl)
            self.say(f"ok    {step.name}  {time.monotonic() - began:.1f}s")
        except (StepFailed, Refused, SchemaMigrationsError) as error:
            self.tally.failures.append(step.name)
            print(f"FAIL  {step.name}: {_indent(error)}", flush=True)
            self.say(f"      {_indent(step_run.file_text)}", level=2)
            self.drop_database()
            self.walked = WalkedDatabase(
                state=step_run.desired,
                rendered=step_run.rendered,
                creation=self._identify_creation(ddl),
                files=(make_first_file(step_run.desired.schema),),
                stack=stack.pop_all(),
            )
        self._fill_tables()

    def _fill_tables(self) -> None:
        assert self.walked is not None
        state = self.walked.state
        with self.phases("rows"):
            empty = fill_tables(database_of(self.engine, state), state.schema)
        for name, reason in empty.items():
            if self.empty_tables.get(name) != reason:
                self.say(f"      {name} has no rows: {reason}")
        self.empty_tables = empty

    def finish(self) -> None:
        """Count tables and rows, and compare with fresh creation by another program."""
        walked = self.walked or self._create_first_state()
        db = database_of(self.engine, walked.state)
        counts = [count_rows(db, table.key) for table in walked.state.schema.of(Table)]
        self.tally.tables = len(counts)
        self.tally.tables_with_rows = sum(map(bool, counts))
        self.tally.rows = sum(counts)
        ddl = self._collect_ddl(walked.state.connection, walked.rendered)
        if gap := independent.find_gap(db):
            print(describe_gap(gap))
        with self._create_state(ddl) as desired:
            found = self.compare_independently(walked.state, desired)
        if found:
            self.tally.failures.append("at the end")
            print(f"FAIL  at the end, {_indent(found)}", flush=True)

    def compare_independently(self, reached: State, desired: State) -> str:
        """Return the differences that a program that is not ours finds, or nothing."""
        with self.phases("independent comparison"):
            one, other = (database_of(self.engine, each) for each in (reached, desired))
            found = list(independent.find_differences(one, other))
        return "by another program:\n" + "\n".join(found[:5]) if found else ""

    def drop_database(self) -> None:
        """Drop the database; the next step begins with a new one."""
        if self.walked is not None:
            self.walked.stack.close()
            self.walked = None
        self.pending.clear()

    def say(self, line: str, *, level: int = 1) -> None:
        if self.verbose >= level:
            print(line, flush=True)


def database_of(engine: Engine, state: State) -> Database:
    return Database(engine=engine, connection=state.connection)


def _indent(text: object) -> str:
    return str(text).replace("\n", "\n      ")


@dataclass(slots=True, kw_only=True)
class StepRun:
    """One step's work on the walked database."""

    journey: Journey
    walked: WalkedDatabase
    desired: State
    rendered: RenderedState
    """The models of the desired state."""
    file_text: str = ""
    """The text of the plan's file."""

    @property
    def db(self) -> Database:
        return database_of(self.journey.engine, self.walked.state)

    def run(self, operations: tuple[Labelled, ...]) -> State:
        """Plan and apply the change, and return the state that it leads to.

        Raises ``StepFailed`` if it is not the desired state, and whatever planning and
        applying raise.
        """
        journey, db, current = self.journey, self.db, self.walked.state
        with journey.phases("rows"):
            answers = answer_step(
                db,
                current.schema,
                self.desired,
                before=self.walked.rendered,
                after=self.rendered,
                operations=operations,
            )
            self._report_answers(answers)
            before = comparison.take_snapshot(db, current.schema)
        with journey.phases("plan"):
            self.file_text = self._plan(ChangeRequest(answers=answers.answers))
        if journey.asks:
            with journey.phases("questions"):
                self._answer_questions(answers)
        with journey.phases("apply"):
            self._apply_file()
        reached = replace(
            current, schema=inspect_database(journey.engine, current.connection)
        )
        with journey.phases("compare"):
            self._compare_catalogs(reached)
            problems = [
                *comparison.find_differences(
                    before,
                    comparison.take_snapshot(db, reached.schema),
                    answers.pairs,
                    answers.expected,
                ),
                *comparison.find_late_counters(db, reached.schema),
                *comparison.find_dangling_references(db),
            ]
        if problems:
            raise StepFailed("rows:\n" + "\n".join(problems[:10]))
        if journey.thorough:
            found = journey.compare_independently(reached, self.desired)
            if found:
                raise StepFailed(found)
        return reached

    def _plan(self, request: ChangeRequest) -> str:
        """Return the text of the file; the database stays as it is."""
        engine, walked = self.journey.engine, self.walked
        names = read_managed_names(walked.files)
        desired = replace(self.desired, managed_names=names)
        request = replace(request, prove=False)
        return plan_change(engine, walked.state, desired, request).script

    def _answer_questions(self, answers: StepAnswers) -> None:
        """Plan once more, and answer as asked; count what came of it."""
        tally, asker = self.journey.tally, HistoryAsker(answers)
        file_text = self._plan(ChangeRequest(asker=asker))
        tally.asked += len(asker.questions)
        tally.needless += len(asker.needless)
        for text in asker.needless:
            self.journey.say(f"      needless: {text}")
        for text in asker.questions:
            self.journey.say(f"      asked: {text}", level=2)
        if difference := compare_plans(self.file_text, file_text):
            tally.unasked += 1
            self.journey.say(f"      another plan than with answers:\n{difference}")

    def _report_answers(self, answers: StepAnswers) -> None:
        self.journey.tally.adapted += len(answers.adapted)
        self.journey.tally.made_up += len(answers.values.made_up)
        for line in (*answers.adapted, *answers.values.made_up):
            self.journey.say(f"      {line}")

    def _apply_file(self) -> None:
        """Run the file as ``schemaapply`` runs it."""
        engine, connection = self.journey.engine, self.walked.state.connection
        session = engine.executor
        file = MigrationFile(name="1_step.sql", content=self.file_text.encode())
        self.walked.files += (file,)
        with (
            session.prepare_session(connection, SessionOptions()),
            session.guard_foreign_keys(connection),
        ):
            replay(engine, connection, [file])

    def _compare_catalogs(self, reached: State) -> None:
        engine = self.journey.engine
        keys = find_uncertain_definitions(reached.schema, self.desired.schema)
        left = diff(
            canonicalize_state(engine, reached, keys).schema,
            canonicalize_state(engine, self.desired, keys).schema,
        )
        if left:
            lines = [f"{line}  {line.detail}".rstrip() for line in summarize(left)]
            raise StepFailed("differs from fresh creation:\n" + "\n".join(lines[:20]))
