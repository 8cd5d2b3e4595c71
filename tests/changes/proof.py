"""What must hold of every case, on a real database with rows."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

import pytest
from django.apps.registry import Apps

from schema_migrations.engines.engine import Connection, SessionOptions
from schema_migrations.errors import AnswerNeeded, SchemaMigrationsError
from schema_migrations.history.file import format_file
from schema_migrations.management.hints import message_of
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.summary import summarize
from schema_migrations.schema.carried_objects import carry_over
from schema_migrations.schema.changes import Change, Rename, RenameColumn
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Constraint, Schema, Table, table_key
from schema_migrations.schema.uncertain_definitions import find_uncertain_definitions
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.models_ddl import collect_alias_ddl
from schema_migrations.workflows.states.prerequisites import (
    Prerequisites,
    load_prerequisites,
)
from schema_migrations.workflows.states.state import (
    State,
    canonicalize_state,
    inspect_database,
    load_models,
    load_sql,
)
from tests.changes.case import Case, Values, answers
from tests.changes.case_models import loaded
from tests.changes.places import Place
from tools import catalogs
from tools.histories import kept
from tools.histories.answers import Renames
from tools.histories.mapping import pairs
from tools.histories.rows import fill

ALIAS = "default"
NO_PREREQUISITES = Prerequisites()
NOTHING: Mapping[tuple[str, str], str] = MappingProxyType({})


@contextmanager
def fresh(place: Place, source: str, *, by_hand: str = "") -> Iterator[State]:
    """Yield the state of some models, made on an empty database as Django makes it."""
    with place.scratch() as connection:
        with loaded(source) as found:
            state = created(place, connection, found.registry, found.prerequisites)
        load_sql(place.engine, connection, by_hand, file="by hand")
        yield replace(state, schema=inspect_database(place.engine, connection))


def created(
    place: Place,
    connection: Connection,
    registry: Apps,
    prerequisites: Prerequisites = NO_PREREQUISITES,
) -> State:
    """Make the tables of a registry's models on an empty database."""
    engine = place.engine
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


def plan_text(proposal: Proposal) -> str:
    """Return the plan as a reader sees it: losses first, then the statements."""
    plan = proposal.plan
    if plan is None:
        return ""
    losses = [f"DATA LOSS: {loss}." for loss in plan.losses]
    obstacles = [f"NEEDS A LOOK: {obstacle}." for obstacle in plan.restrictions]
    statements = [(s.comment, s.sql) for s in plan.statements]
    return format_file(header=(*losses, *obstacles), statements=statements).strip()


def planned(place: Place, case: Case) -> str:
    """Return the plan of a case."""
    with (
        fresh(place, case.before, by_hand=case.by_hand) as current,
        fresh(place, case.after) as desired,
    ):
        return plan_text(
            plan_change(
                place.engine,
                current,
                desired,
                ChangeRequest(answers=answers(case.flags), prove=False),
            )
        )


def prove(place: Place, case: Case) -> None:
    """Go there and back again with rows; every assertion names what is wrong."""
    vendor = place.engine.vendor
    with (
        fresh(place, case.before, by_hand=case.by_hand) as start,
        fresh(place, case.after) as goal,
    ):
        if case.refusal(vendor):
            assert_refused(place, case, start, goal)
            return
        assert_asks(place, case, start, goal)
        put_rows(place, start)
        set_values(place, start, case.values)
        there = travel(place, start, goal, answers(case.flags), said(case, "after"))
        assert plan_text(there.proposal) == case.plan(vendor)
        assert_values(place, there.reached, case.values, "after")
        put_rows(place, there.reached)
        with fresh(place, case.before, by_hand=case.by_hand) as origin:
            if refusal := case.refusal_back(vendor):
                with raises(refusal):
                    travel(place, there.reached, origin, way_back(case))
            else:
                back = said(case, "back")
                home = travel(place, there.reached, origin, way_back(case), back)
                assert_values(place, home.reached, case.values, "back")


def said(case: Case, when: str) -> frozenset[str]:
    """Return the columns whose values the case itself says."""
    return frozenset(each.column for each in case.values if each.when == when)


def way_back(case: Case) -> Answers:
    """Return the answers from after to before: renames turned round, all may go."""
    there, back = answers(case.flags), answers(case.flags_back)
    turned = []
    for old, new in there.renames:
        table, _, column = old.rpartition(".")
        turned.append((f"{table}.{new}", column) if table else (new, old))
    return replace(back, renames=(*back.renames, *turned), allow_data_loss=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Travelled:
    reached: State
    proposal: Proposal


def travel(
    place: Place,
    start: State,
    goal: State,
    given: Answers,
    other: frozenset[str] = frozenset(),
    *,
    expected: Mapping[tuple[str, str], str] = NOTHING,
) -> Travelled:
    """Plan, apply to the database with rows, and compare with fresh creation.

    The values of ``other`` columns need not read the same; ``expected`` maps new ones
    to what existing rows must hold there.
    """
    db = place.database(start)
    before = kept.snapshot(db, start.schema)
    proposal = applied(place, start, goal, given)
    reached = replace(start, schema=inspect_database(place.engine, start.connection))
    assert_same(place, reached, goal)
    same = pairs(start.schema, reached.schema, renames_in(proposal.changes))
    problems = [
        *kept.differences(
            before,
            kept.snapshot(db, reached.schema),
            (pair.without(other) for pair in same),
            expected,
        ),
        *kept.behind(db, reached.schema),
        *kept.dangling(db),
    ]
    assert problems == []
    again = plan_change(place.engine, reached, goal, ChangeRequest(prove=False))
    assert [str(line) for line in again.summary] == []
    return Travelled(reached=reached, proposal=proposal)


def applied(place: Place, start: State, goal: State, given: Answers) -> Proposal:
    """Plan, and let the proof run the file on the rows as ``schemaapply`` runs it."""
    session, connection = place.engine.executor, start.connection
    with (
        session.prepare_session(connection, SessionOptions()),
        session.guard_foreign_keys(connection),
    ):
        return plan_change(place.engine, start, goal, ChangeRequest(answers=given))


def assert_same(place: Place, reached: State, goal: State) -> None:
    """Compare with fresh creation: by our inspector, and by programs not ours."""
    keys = find_uncertain_definitions(reached.schema, goal.schema)
    one, other = (
        canonicalize_state(place.engine, s, keys).schema for s in (reached, goal)
    )
    carried = carry_over(one, other, unmanaged_tables=goal.facts.unmanaged_tables)
    left = summarize(diff(one, carried))
    assert [f"{line} ({line.detail})" for line in left] == []
    if carried == other:
        assert_facts(place, reached, goal)


def assert_facts(place: Place, reached: State, goal: State) -> None:
    ours, theirs = (facts(place, state) for state in (reached, goal))
    if ours != theirs and place.programs is not None:
        ours, theirs = (facts(place, s, restored=True) for s in (reached, goal))
    assert sorted(ours - theirs) == sorted(theirs - ours)


def facts(place: Place, state: State, *, restored: bool = False) -> frozenset[str]:
    connection = state.connection
    if place.engine.vendor == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "copy.sqlite3")
            connection.connection.execute(f"VACUUM INTO '{path}'")
            return catalogs.of_sqlite(path)
    if place.programs is None:
        return frozenset()
    at = connection.settings_dict
    host, port = quote(str(at["HOST"]), safe=""), at["PORT"]
    url = f"postgresql://{quote(at['USER'])}@/{at['NAME']}?host={host}&port={port}"
    told = catalogs.of_postgresql if restored else catalogs.first_print
    return told(url, place.programs)


def assert_asks(place: Place, case: Case, start: State, goal: State) -> None:
    """See that what would be lost or guessed is refused without the case's answers."""
    try:
        plan_change(place.engine, start, goal, ChangeRequest(prove=False))
    except AnswerNeeded:
        asked = True
    else:
        asked = False
    wanted = case.asked(place.engine.vendor)
    assert asked == wanted, "asks" if asked else "asks nothing"


def assert_refused(place: Place, case: Case, start: State, goal: State) -> None:
    with raises(case.refusal(place.engine.vendor)):
        plan_change(
            place.engine, start, goal, ChangeRequest(answers=answers(case.flags))
        )


@contextmanager
def raises(text: str) -> Iterator[None]:
    with pytest.raises(SchemaMigrationsError) as caught:
        yield
    assert message_of(caught.value).strip() == text


def renames_in(changes: tuple[Change, ...]) -> Renames:
    """Return where tables and columns are in the end, whatever steps lead there."""
    tables: dict[str, str] = {}
    columns: dict[tuple[str, str], str] = {}
    for change in changes:
        match change:
            case Rename(before=Table() as before, after=Table() as after):
                old = _origin(tables, before.key.name)
                tables[old] = after.key.name
            case RenameColumn(table=table, before=before_, after=after_):
                own = {k[1]: v for k, v in columns.items() if k[0] == table.name}
                columns[table.name, _origin(own, before_.name)] = after_.name
            case _:
                pass
    return Renames(tables=tables, columns=columns)


def _origin(names: Mapping[str, str], name: str) -> str:
    return next((old for old, new in names.items() if new == name), name)


def put_rows(place: Place, state: State) -> None:
    """Put three rows into every empty table."""
    assert fill(place.database(state), state.schema) == {}


def set_values(place: Place, state: State, values: tuple[Values, ...]) -> None:
    """Let existing rows hold what the case says."""
    db = place.database(state)
    for each in values:
        if each.when != "before" or each.vendor not in (None, place.engine.vendor):
            continue
        table, column = each.column.split(".")
        key = _first_key(state.schema, table)
        keys = db.literals(key, of=table_key(table), order=db.name(key))
        for row, literal in zip(keys, each.cells, strict=True):
            name = db.name(table_key(table))
            db.run(
                f"UPDATE {name} SET {db.name(column)} = {literal} "
                f"WHERE {db.name(key)} = {row}"
            )


def assert_values(
    place: Place, state: State, values: tuple[Values, ...], when: str
) -> None:
    """See that they hold afterwards, or when they are back, what the case says."""
    db = place.database(state)
    for each in values:
        if each.when != when or each.vendor not in (None, place.engine.vendor):
            continue
        name, column_name = each.column.split(".")
        table = state.schema.get_table(table_key(name))
        column = table.get_column(column_name)
        key = _first_key(state.schema, name)
        held = db.literals(column.name, of=table.key, order=db.name(key))
        if not each.cells:
            assert len(set(held)) == len(held)
            assert "NULL" not in held
            continue
        wanted = [
            db.value(f"SELECT {db.literal(db.cast(literal, column))}")
            for literal in each.cells
        ]
        assert (each.column, held) == (each.column, wanted)


def _first_key(schema: Schema, table: str) -> str:
    for obj in schema.by_table[table_key(table)]:
        if isinstance(obj, Constraint) and obj.type == "primary key":
            return obj.columns[0]
    raise AssertionError(f"{table} has no primary key")
