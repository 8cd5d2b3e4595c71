"""One walk: from state to state, and what must hold after each step."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from django.db.migrations.state import ProjectState

from schema_migrations.engines.engine import (
    Connection,
    DatabaseSettings,
    Engine,
    SessionOptions,
)
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Table
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.proposal import ChangeRequest, plan_change
from schema_migrations.workflows.states.models_ddl import ModelsDdl, collect_alias_ddl
from schema_migrations.workflows.states.phases import Phases
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
    replay,
)
from tools.histories import independent, kept
from tools.histories.answers import Moment
from tools.histories.database import Database, Refused
from tools.histories.fresh import Ground, fresh, ground
from tools.histories.history import Labelled, Step, rendered, same_tables
from tools.histories.rows import count, fill
from tools.histories.tally import Tally
from tools.histories.told import Told, told

ALIAS = "default"
NOWHERE = Step(name="an empty database", operations=(), state=ProjectState())


class Failed(Exception):
    """A step did not do what it must; the text says what."""


@dataclass(slots=True, kw_only=True)
class Living:
    """The database that goes through the history, and the state that it is in."""

    state: State
    moment: Moment
    drawn: object
    """What fresh creation of its state runs."""
    stack: ExitStack
    """Ends with its database."""


@dataclass(slots=True, kw_only=True)
class Journey:
    engine: Engine
    settings: DatabaseSettings
    tally: Tally
    only: str = ""
    """Walk only steps whose name holds this."""
    verbose: int = 0
    thorough: bool = False
    """Compare by another program after every step, not only at the end."""
    phases: Phases = field(default_factory=Phases)
    ground: Ground = field(default_factory=Ground)
    passed_by: Step = NOWHERE
    """The last step that was not walked."""
    pending: list[Labelled] = field(default_factory=list)
    """Operations since the state that the database is in."""
    living: Living | None = None
    empty: dict[str, str] = field(default_factory=dict)
    """Table → why it has no rows."""

    def go(self, step: Step) -> None:
        """Lead the database to the state after ``step``."""
        if self.only and self.only not in step.name:
            self.leave()
            self.passed_by = step
            self.ground = ground(self.engine, self.ground, step.operations)
            return
        living = self.living or self._begin()
        before, self.ground = (
            self.ground,
            ground(self.engine, self.ground, step.operations),
        )
        self.pending += step.operations
        if before == self.ground and same_tables(living.moment.state, step.state):
            return
        with ExitStack() as stack:
            try:
                moment, ddl = self._drawn(living, step)
                if self._identity(ddl) == living.drawn:
                    desired = None
                else:
                    with self.phases("fresh creation"):
                        desired = stack.enter_context(self._fresh(ddl))
            except (SchemaMigrationsError, ValueError, LookupError) as error:
                self.tally.unfit.append(step.name)
                self.say(f"unfit {step.name}: {_indented(error)}")
                return
            if desired is not None:
                leg = Leg(journey=self, living=living, desired=desired, moment=moment)
                self._lead(leg, step, ddl, stack)
        self.pending.clear()
        assert self.living is not None
        self.living.moment = moment

    def _drawn(self, living: Living, step: Step) -> tuple[Moment, ModelsDdl]:
        """Return the models of a step, and what creates them."""
        with self.phases("render"):
            moment = Moment(state=step.state, apps=rendered(step.state))
        with self.phases("collect DDL"):
            return moment, self._ddl(living.state.connection, moment)

    def _ddl(self, connection: Connection, moment: Moment) -> ModelsDdl:
        values = self.engine.planner.computed_defaults
        return collect_alias_ddl(
            connection, moment.apps, ALIAS, labels=None, computed_defaults=values
        )

    def _identity(self, ddl: ModelsDdl) -> object:
        return self.ground, [part.statements for part in ddl.parts]

    def _begin(self) -> Living:
        """Make the state before the first step that is walked."""
        moment = Moment(state=self.passed_by.state, apps=rendered(self.passed_by.state))
        stack = ExitStack()
        with self.engine.dev_server.create_scratch_database(
            self.settings, ALIAS
        ) as connection:
            ddl = self._ddl(connection, moment)
        state = stack.enter_context(self._fresh(ddl))
        self.living = Living(
            state=state, moment=moment, drawn=self._identity(ddl), stack=stack
        )
        self._fill()
        return self.living

    def _fresh(self, ddl: ModelsDdl) -> AbstractContextManager[State]:
        return fresh(self.engine, self.settings, ALIAS, ddl, self.ground)

    def _lead(self, leg: Leg, step: Step, ddl: ModelsDdl, stack: ExitStack) -> None:
        """Carry out our plan; where it fails, go on with fresh creation's database,
        which lives as long as ``stack``."""
        began, living = time.monotonic(), leg.living
        self.tally.steps += 1
        try:
            living.state = leg.run(tuple(self.pending))
            living.drawn = self._identity(ddl)
            self.say(f"ok    {step.name}  {time.monotonic() - began:.1f}s")
        except (Failed, Refused, SchemaMigrationsError) as error:
            self.tally.failures.append(step.name)
            print(f"FAIL  {step.name}: {_indented(error)}", flush=True)
            self.say(f"      {_indented(leg.text)}", level=2)
            self.leave()
            self.living = Living(
                state=leg.desired,
                moment=leg.moment,
                drawn=self._identity(ddl),
                stack=stack.pop_all(),
            )
        self._fill()

    def _fill(self) -> None:
        assert self.living is not None
        state = self.living.state
        with self.phases("rows"):
            empty = fill(database(self.engine, state), state.schema)
        for name, reason in empty.items():
            if self.empty.get(name) != reason:
                self.say(f"      {name} has no rows: {reason}")
        self.empty = empty

    def finish(self) -> None:
        """Count what is there, and compare with fresh creation by another program."""
        living = self.living or self._begin()
        db = database(self.engine, living.state)
        counts = [count(db, table.key) for table in living.state.schema.of(Table)]
        self.tally.tables = len(counts)
        self.tally.tables_with_rows = sum(map(bool, counts))
        self.tally.rows = sum(counts)
        ddl = self._ddl(living.state.connection, living.moment)
        if db.on_postgresql and independent.clients(db.major) is None:
            print(f"NOT COMPARED by pg_dump: none here reads PostgreSQL {db.major}")
        with self._fresh(ddl) as desired:
            found = self.independent(living.state, desired)
        if found:
            self.tally.failures.append("at the end")
            print(f"FAIL  at the end, {_indented(found)}", flush=True)

    def independent(self, reached: State, desired: State) -> str:
        """Return what a program that is not ours finds different."""
        with self.phases("independent comparison"):
            one, other = (database(self.engine, each) for each in (reached, desired))
            found = list(independent.differences(one, other))
        return "by another program:\n" + "\n".join(found[:5]) if found else ""

    def leave(self) -> None:
        """Drop the database."""
        if self.living is not None:
            self.living.stack.close()
            self.living = None
        self.pending.clear()

    def say(self, line: str, *, level: int = 1) -> None:
        if self.verbose >= level:
            print(line, flush=True)


def database(engine: Engine, state: State) -> Database:
    return Database(engine=engine, connection=state.connection)


def _indented(text: object) -> str:
    return str(text).replace("\n", "\n      ")


@dataclass(slots=True, kw_only=True)
class Leg:
    """One step's work on the living database."""

    journey: Journey
    living: Living
    desired: State
    moment: Moment
    """Of the desired state."""
    text: str = ""
    """The plan's file."""

    @property
    def db(self) -> Database:
        return database(self.journey.engine, self.living.state)

    def run(self, operations: tuple[Labelled, ...]) -> State:
        """Return the state that our plan leads to.

        Raises ``Failed`` where it is not the desired one, and whatever planning and
        applying raise.
        """
        journey, db, current = self.journey, self.db, self.living.state
        with journey.phases("rows"):
            said = told(
                db,
                current.schema,
                self.desired,
                before=self.living.moment,
                after=self.moment,
                operations=operations,
            )
            self._tell(said)
            before = kept.snapshot(db, current.schema)
        with journey.phases("plan"):
            self.text = plan_change(
                journey.engine,
                current,
                self.desired,
                ChangeRequest(answers=said.answers, prove=False),
            ).file_text
        with journey.phases("apply"):
            self._apply()
        reached = replace(
            current, schema=inspect_database(journey.engine, current.connection)
        )
        with journey.phases("compare"):
            self._compare_catalogs(reached)
            problems = [
                *kept.differences(
                    before,
                    kept.snapshot(db, reached.schema),
                    said.pairs,
                    said.expected,
                ),
                *kept.behind(db, reached.schema),
                *kept.dangling(db),
            ]
        if problems:
            raise Failed("rows:\n" + "\n".join(problems[:10]))
        if journey.thorough:
            found_out = journey.independent(reached, self.desired)
            if found_out:
                raise Failed(found_out)
        return reached

    def _tell(self, said: Told) -> None:
        self.journey.tally.adapted += len(said.adapted)
        self.journey.tally.made_up += len(said.given.made_up)
        for line in (*said.adapted, *said.given.made_up):
            self.journey.say(f"      {line}")

    def _apply(self) -> None:
        """Run the file as ``schemaapply`` runs it."""
        engine, connection = self.journey.engine, self.living.state.connection
        session = engine.executor
        file = MigrationFile(name="1_step.sql", content=self.text.encode())
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
            lines = [f"{line} ({line.detail})" for line in summarize(left)]
            raise Failed("differs from fresh creation:\n" + "\n".join(lines[:20]))
