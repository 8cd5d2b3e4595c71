"""The law of the whole way: from any models to any others, with rows, and back again.

The plan, answered as a person would, must apply, leave what Django makes of the models
on an empty database, keep every row and value that it does not touch, and a second one
must be empty.  The same few examples are taken again and again, but for
``python -m tools laws``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, event, given, note, reject, settings

from schema_migrations.errors import ConfigError, QuestionsOpen
from schema_migrations.schema.model import Column
from schema_migrations.workflows.planning.proposal import ChangeRequest, plan_change
from schema_migrations.workflows.states.state import State
from tests.changes.proof import (
    apply_and_compare,
    assert_asked_at_once,
    create_tables,
)
from tests.changes.scratch_servers import ScratchServer
from tests.laws.mutations import pairs
from tests.laws.sketch import Sketch
from tests.laws.sketched import project, said_of, source
from tools.histories.answers import answer_step
from tools.histories.history import render_apps
from tools.histories.pairs import Pair
from tools.histories.renames import RenderedState
from tools.histories.rows import fill_tables
from tools.laws import EXAMPLES_VARIABLE

pytestmark = pytest.mark.slow("patience")

examples = settings(deadline=None, suppress_health_check=list(HealthCheck))
if EXAMPLES_VARIABLE not in os.environ:
    examples = settings(
        examples,
        max_examples=12,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # making an example smaller takes minutes
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A sketch, its models, and their tables on a database."""

    sketch: Sketch
    moment: RenderedState
    state: State


def stop(stack: ExitStack, server: ScratchServer, sketch: Sketch) -> Stop:
    state = project(sketch)
    moment = RenderedState(state=state, apps=render_apps(state))
    connection = stack.enter_context(server.create_scratch())
    return Stop(
        sketch=sketch,
        moment=moment,
        state=create_tables(server, connection, moment.apps),
    )


def go(server: ScratchServer, start: Stop, goal: Stop) -> State:
    """Lead rows from one to the other; every assertion says what is wrong."""
    db = server.database_of(start.state)
    for reason in fill_tables(db, start.state.schema).values():
        event(f"a table without rows: {reason[:40]}")
    said = answer_step(
        db,
        start.state.schema,
        goal.state,
        before=start.moment,
        after=goal.moment,
        operations=said_of(start.sketch, goal.sketch),
        conversions=True,
    )
    return apply_and_compare(
        server,
        start.state,
        goal.state,
        said.answers,
        frozenset(said.values.replaced_columns) | other_values(said.pairs),
        expected=said.expected,
    ).reached


def ask_at_once(server: ScratchServer, start: State, goal: State) -> None:
    """Let the answers to be pasted leave nothing to ask."""
    try:
        plan_change(server.engine, start, goal, ChangeRequest(prove=False))
    except QuestionsOpen as error:
        event("asked")
        assert_asked_at_once(server, error, start, goal)


NUMBERS = {"smallint", "integer", "bigint", "numeric", "decimal"}
TEXTS = {"character varying", "varchar", "text"}


def other_values(pairs: Iterable[Pair]) -> frozenset[str]:
    """Return the columns whose values need not read the same after a change of type."""
    return frozenset(
        f"{pair.after.key.name}.{after.name}"
        for pair in pairs
        for before, after in pair.columns
        if before.type != after.type
        and not ({base(before), base(after)} <= NUMBERS or base(after) in TEXTS)
    )


def base(column: Column) -> str:
    return column.type.partition("(")[0]


def there_and_back(server: ScratchServer, before: Sketch, after: Sketch) -> None:
    note(f"--- before\n{source(before)}\n--- after\n{source(after)}")
    with ExitStack() as stack:
        try:
            start, goal, origin = (
                stop(stack, server, sketch) for sketch in (before, after, before)
            )
        except ConfigError as error:
            event(f"Django cannot make it: {error.message[:60]}")
            reject()
        for one, other in ((start, goal), (goal, start)):
            ask_at_once(server, one.state, other.state)
        reached = go(server, start, goal)
        go(server, Stop(sketch=after, moment=goal.moment, state=reached), origin)


@examples
@given(pair=pairs(vendor="postgresql"))
def test_on_postgresql(
    pair: tuple[Sketch, Sketch], on_postgresql: ScratchServer
) -> None:
    there_and_back(on_postgresql, *pair)


@examples
@given(pair=pairs(vendor="sqlite"))
def test_on_sqlite(pair: tuple[Sketch, Sketch], on_sqlite: ScratchServer) -> None:
    there_and_back(on_sqlite, *pair)
