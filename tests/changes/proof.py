"""Prove what must hold of every case, on a real database with rows.

The function in a traceback says which check failed; ``CONTRIBUTING.md`` lists them.
"""

from __future__ import annotations

import shlex
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import pytest
from django.apps.registry import Apps

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.executor import SessionOptions
from schema_migrations.errors import (
    AnswerNeeded,
    NullDefault,
    PlanError,
    QuestionsOpen,
    SchemaMigrationsError,
)
from schema_migrations.history.file import format_file
from schema_migrations.management.hints import list_answer_options, message_of
from schema_migrations.plan.answers import NO_ANSWERS, Answers
from schema_migrations.plan.restriction import format_restriction
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.carried_objects import carry_over
from schema_migrations.schema.changes import Change, Rename, RenameColumn
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Constraint, Schema, Table, table_key
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.one_round import complete_questions
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.loaded_models import (
    load_models,
)
from schema_migrations.workflows.states.models_ddl import collect_alias_ddl
from schema_migrations.workflows.states.prerequisites import (
    Prerequisites,
    load_prerequisites,
)
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
)
from tests.changes.case import Case, ColumnValues, answers_from_flags
from tests.changes.case_models import load_case_models
from tests.changes.scratch_servers import ScratchServer
from tools import catalogs
from tools.histories import comparison
from tools.histories.database import Database
from tools.histories.pairs import Pair, pair_tables
from tools.histories.renames import Renames
from tools.histories.rows import fill_tables

ALIAS = "default"
NO_PREREQUISITES = Prerequisites()
NOTHING: Mapping[tuple[str, str], str] = MappingProxyType({})


@contextmanager
def create_state(
    server: ScratchServer, source: str, *, by_hand: str = ""
) -> Iterator[State]:
    """Create the state of some models as Django does; keep it until the block ends."""
    with server.create_scratch() as connection:
        with load_case_models(source) as found:
            state = create_tables(
                server, connection, found.registry, found.prerequisites
            )
        load_sql(server.engine, connection, by_hand, file="by hand")
        yield replace(state, schema=inspect_database(server.engine, connection))


def create_tables(
    server: ScratchServer,
    connection: Connection,
    registry: Apps,
    prerequisites: Prerequisites = NO_PREREQUISITES,
) -> State:
    """Create the tables of a registry's models on an empty database."""
    engine = server.engine
    ddl = collect_alias_ddl(
        connection,
        registry,
        ALIAS,
        labels=None,
        computed_defaults=engine.planner.computed_defaults,
    )
    if engine.vendor == "postgresql":
        load_prerequisites(engine, connection, prerequisites)
    load_models(engine, connection, ddl, alias=ALIAS)
    return State(
        schema=inspect_database(engine, connection),
        connection=connection,
        description="the models",
        models_only=True,
        facts=ddl.facts,
    )


def format_plan(proposal: Proposal) -> str:
    """Format a plan as a reader sees it: losses first, then the statements."""
    plan = proposal.plan
    if plan is None:
        return ""
    losses = [f"DATA LOSS: {loss}." for loss in plan.losses]
    restrictions = [
        line for each in plan.restrictions for line in format_restriction(each)
    ]
    statements = [(s.comment, s.sql) for s in plan.statements]
    return format_file(header=(*losses, *restrictions), statements=statements).strip()


def plan_case(server: ScratchServer, case: Case) -> str:
    """Plan a case, and format the plan."""
    with (
        create_state(server, case.before, by_hand=case.earlier_sql) as current,
        create_state(server, case.after) as desired,
    ):
        return format_plan(
            plan_change(
                server.engine,
                current,
                desired,
                ChangeRequest(answers=answers_from_flags(case.flags), prove=False),
            )
        )


def prove_case(server: ScratchServer, case: Case, *, online: bool = False) -> None:
    """Apply the change and the way back to a database with rows, and check both.

    ``online``: by the plan that others can work beside, which leads to the same.
    """
    vendor = server.engine.vendor
    with (
        create_state(server, case.before, by_hand=case.earlier_sql) as start,
        create_state(server, case.after) as goal,
    ):
        if case.find_refusal(vendor):
            assert_refused(server, case, start, goal)
            return
        assert_asks(server, case, start, goal)
        fill_empty_tables(server, start)
        set_values(server, start, case.values)
        there = apply_and_compare(
            server,
            start,
            goal,
            answers_from_flags(case.flags),
            find_stated_columns(case, "after"),
            online=online,
        )
        if not online:
            assert_planned(there.proposal, case.find_plan(vendor))
        assert_values(server, there.reached, case.values, "after")
        fill_empty_tables(server, there.reached)
        with create_state(server, case.before, by_hand=case.earlier_sql) as origin:
            if refusal := case.find_refusal_back(vendor):
                with expect_refusal(refusal):
                    apply_and_compare(
                        server,
                        there.reached,
                        origin,
                        reverse_answers(case),
                        online=online,
                    )
            else:
                back = find_stated_columns(case, "back")
                home = apply_and_compare(
                    server,
                    there.reached,
                    origin,
                    reverse_answers(case),
                    back,
                    online=online,
                )
                assert_values(server, home.reached, case.values, "back")


def assert_planned(proposal: Proposal, plan: str) -> None:
    """Check that the plan is the one in the page."""
    assert format_plan(proposal) == plan


def find_stated_columns(case: Case, when: str) -> frozenset[str]:
    """Find the columns whose values the case itself states."""
    return frozenset(each.column for each in case.values if each.when == when)


def reverse_answers(case: Case) -> Answers:
    """Return the answers for the way back: renames reversed, and losses allowed."""
    there, back = answers_from_flags(case.flags), answers_from_flags(case.flags_back)
    reversed_ = []
    for old, new in there.renames:
        table, _, column = old.rpartition(".")
        reversed_.append((f"{table}.{new}", column) if table else (new, old))
    return replace(back, renames=(*back.renames, *reversed_), allow_data_loss=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedChange:
    """The state after a change, and the proposal that led to it."""

    reached: State
    proposal: Proposal


def apply_and_compare(
    server: ScratchServer,
    start: State,
    goal: State,
    answers: Answers,
    other: frozenset[str] = frozenset(),
    *,
    expected: Mapping[tuple[str, str], str] = NOTHING,
    online: bool = False,
) -> AppliedChange:
    """Apply the change to the database with rows, and compare with fresh creation.

    The values of ``other`` columns need not stay the same; ``expected`` maps new columns
    to what existing rows must have there.
    """
    db = server.database_of(start)
    before = comparison.take_snapshot(db, start.schema)
    proposal = apply_change(server, start, goal, answers, online=online)
    reached = replace(start, schema=inspect_database(server.engine, start.connection))
    assert_no_difference(server, reached, goal)
    same = pair_tables(start.schema, reached.schema, collect_renames(proposal.changes))
    pairs = tuple(pair.omit_columns(other) for pair in same)
    assert_rows_kept(db, reached.schema, before, pairs, expected)
    again = plan_change(server.engine, reached, goal, ChangeRequest(prove=False))
    assert [str(line) for line in again.summary] == []
    return AppliedChange(reached=reached, proposal=proposal)


def assert_rows_kept(
    db: Database,
    schema: Schema,
    before: comparison.Snapshot,
    pairs: tuple[Pair, ...],
    expected: Mapping[tuple[str, str], str],
) -> None:
    """Check that every row and value is there, and that counters are ahead of keys."""
    after = comparison.take_snapshot(db, schema)
    problems = [
        *comparison.find_differences(before, after, pairs, expected),
        *comparison.find_late_counters(db, schema),
        *comparison.find_dangling_references(db),
    ]
    assert problems == []


def apply_change(
    server: ScratchServer,
    start: State,
    goal: State,
    answers: Answers,
    *,
    online: bool = False,
) -> Proposal:
    """Plan a change; its proof runs the file on the rows as ``schemaapply`` does."""
    session, connection = server.engine.executor, start.connection
    with (
        session.prepare_session(connection, SessionOptions()),
        session.guard_foreign_keys(connection),
    ):
        request = ChangeRequest(answers=answers, online=online)
        return plan_change(server.engine, start, goal, request)


def assert_no_difference(server: ScratchServer, reached: State, goal: State) -> None:
    """Check that our inspector and other programs see no difference to fresh creation."""
    keys = find_uncertain_definitions(reached.schema, goal.schema)
    one, other = (
        canonicalize_state(server.engine, s, keys).schema for s in (reached, goal)
    )
    carried = carry_over(one, other, unmanaged_tables=goal.facts.unmanaged_tables)
    left = summarize(diff(one, carried))
    assert [f"{line} ({line.detail})" for line in left] == []
    if carried == other:
        assert_equal_facts(server, reached, goal)


def assert_equal_facts(server: ScratchServer, reached: State, goal: State) -> None:
    """Check that programs that are not ours see no difference to fresh creation."""
    ours, theirs = (read_facts(server, state) for state in (reached, goal))
    if ours != theirs and server.clients is not None:
        ours, theirs = (read_facts(server, s, restored=True) for s in (reached, goal))
    assert sorted(ours - theirs) == sorted(theirs - ours)


def read_facts(
    server: ScratchServer, state: State, *, restored: bool = False
) -> frozenset[str]:
    connection = state.connection
    if server.engine.vendor == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "copy.sqlite3")
            with closing(sqlite3.connect(path)) as copy:
                connection.connection.backup(copy)
            return catalogs.read_sqlite_facts(path)
    if server.clients is None:
        return frozenset()
    settings = connection.settings_dict
    host, port = quote(str(settings["HOST"]), safe=""), settings["PORT"]
    user, name = quote(settings["USER"]), settings["NAME"]
    url = f"postgresql://{user}@/{name}?host={host}&port={port}"
    read = (
        catalogs.read_restored_postgresql_facts
        if restored
        else catalogs.read_postgresql_facts
    )
    return read(url, server.clients)


def assert_asks(server: ScratchServer, case: Case, start: State, goal: State) -> None:
    """Check that a plan is refused without the case's answers, and only if it needs them."""
    try:
        plan_change(server.engine, start, goal, ChangeRequest(prove=False))
    except QuestionsOpen as error:
        has_asked = True
        assert_asked_at_once(server, error, start, goal)
    else:
        has_asked = False
    must_ask = case.needs_answers(server.engine.vendor)
    assert has_asked == must_ask, "asks" if has_asked else "asks nothing"


def assert_asked_at_once(
    server: ScratchServer, error: QuestionsOpen, start: State, goal: State
) -> None:
    """Check that nothing is asked of who gives the answers that are to be pasted."""

    def plan(answers: Answers) -> None:
        request = ChangeRequest(answers=answers, prove=False)
        plan_change(server.engine, start, goal, request)

    complete = complete_questions(error, NO_ANSWERS, plan)
    flags = tuple(
        shlex.join(word for word in answer if word)
        for answer in list_answer_options(complete)
    )
    converted = {
        each.column for each in complete.questions if "no conversion" in each.text
    }
    answers = answers_from_flags(flags)
    values = {
        column: sql if sql != "SQL" else "NULL" if column in converted else ""
        for column, sql in answers.defaults.items()
    }
    try:
        plan(replace(answers, defaults=values))
    except AnswerNeeded as again:
        raise AssertionError(f"{flags}: {again}") from again
    except NullDefault:  # of which nobody knows a value
        assert converted
    except PlanError:  # whatever is answered
        pass


def assert_refused(
    server: ScratchServer, case: Case, start: State, goal: State
) -> None:
    """Check that the change is refused with the error in the page."""
    with expect_refusal(case.find_refusal(server.engine.vendor)):
        plan_change(
            server.engine,
            start,
            goal,
            ChangeRequest(answers=answers_from_flags(case.flags)),
        )


@contextmanager
def expect_refusal(text: str) -> Iterator[None]:
    """Expect an error of ours with this message until the block ends."""
    with pytest.raises(SchemaMigrationsError) as caught:
        yield
    assert message_of(caught.value).strip() == text


def collect_renames(changes: tuple[Change, ...]) -> Renames:
    """Collect the renames from first to last name, whatever steps lead there."""
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for change in changes:
        match change:
            case Rename(before=Table() as before, after=Table() as after):
                old = _find_old_name(tables, before.key.name)
                tables[old] = after.key.name
            case RenameColumn(table=table, before=before_, after=after_):
                own = {k[1]: v for k, v in columns.items() if k[0] == table.name}
                columns[table.name, _find_old_name(own, before_.name)] = after_.name
            case _:
                pass
    return Renames(tables=tables, columns=columns)


def _find_old_name(names: Mapping[str, str], name: str) -> str:
    return next((old for old, new in names.items() if new == name), name)


def fill_empty_tables(server: ScratchServer, state: State) -> None:
    """Fill every empty table with rows; fail if one stays empty."""
    assert fill_tables(server.database_of(state), state.schema) == {}


def set_values(
    server: ScratchServer, state: State, values: tuple[ColumnValues, ...]
) -> None:
    """Set the values that existing rows have before the change."""
    db = server.database_of(state)
    for each in values:
        if each.when != "before" or each.vendor not in (None, server.engine.vendor):
            continue
        table, column = each.column.split(".")
        key = _find_key_column(state.schema, table)
        keys = db.query_literals(key, of=table_key(table), order=db.quote_name(key))
        for row, literal in zip(keys, each.cells, strict=True):
            name = db.quote_name(table_key(table))
            db.run(
                f"UPDATE {name} SET {db.quote_name(column)} = {literal} "
                f"WHERE {db.quote_name(key)} = {row}"
            )


def assert_values(
    server: ScratchServer, state: State, values: tuple[ColumnValues, ...], when: str
) -> None:
    """Check the values that rows have after the change, or after the way back."""
    db = server.database_of(state)
    for each in values:
        if each.when != when or each.vendor not in (None, server.engine.vendor):
            continue
        name, column_name = each.column.split(".")
        table = state.schema.get_table(table_key(name))
        column = table.get_column(column_name)
        key = _find_key_column(state.schema, name)
        held = db.query_literals(column.name, of=table.key, order=db.quote_name(key))
        if not each.cells:
            assert len(set(held)) == len(held)
            assert "NULL" not in held
            continue
        wanted = [
            db.query_value(f"SELECT {db.render_literal(db.cast(literal, column))}")
            for literal in each.cells
        ]
        assert (each.column, held) == (each.column, wanted)


def _find_key_column(schema: Schema, table: str) -> str:
    for obj in schema.by_table[table_key(table)]:
        if isinstance(obj, Constraint) and obj.type == "primary key":
            return obj.columns[0]
    raise AssertionError(f"{table} has no primary key")
