"""Laws of diff, order and evolve over generated schemas."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema_migrations.engines.postgresql.passes import PASSES
from schema_migrations.plan.order import order_changes
from schema_migrations.schema.carried_objects import carry_over, limit_to_tables
from schema_migrations.schema.changes import Change
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import EMPTY, Opaque, Schema, Table
from tests.laws.evolve import evolve
from tests.laws.strategies import schemas

pytestmark = pytest.mark.slow("patience")


@given(schemas())
def test_a_schema_does_not_differ_from_itself(schema: Schema) -> None:
    assert diff(schema, Schema(frozenset(schema.objects))) == ()


def planned(a: Schema, b: Schema, random: Random | None = None) -> tuple[Change, ...]:
    """Return the ordered changes, handed in shuffled, as PostgreSQL would take them."""
    changes = list(diff(a, b))
    if random is not None:
        random.shuffle(changes)
    rewritten = tuple(changes)
    for rewrite in PASSES:
        rewritten = rewrite(rewritten, a, b)
    return order_changes(rewritten, a)


@given(schemas(), schemas(), st.randoms(use_true_random=False))
def test_planned_changes_lead_to_the_desired_schema(
    a: Schema, b: Schema, random: Random
) -> None:
    """Whatever the order in which the changes are handed in."""
    assert evolve(a, planned(a, b, random)) == b


@given(schemas(), schemas())
def test_there_and_back_again(a: Schema, b: Schema) -> None:
    there = evolve(a, planned(a, b))

    assert evolve(there, planned(there, a)) == a


@given(schemas(), schemas())
def test_the_order_of_the_input_does_not_show(a: Schema, b: Schema) -> None:
    changes = diff(a, b)

    assert order_changes(changes, a) == order_changes(tuple(reversed(changes)), a)


@given(schemas())
def test_everything_can_be_built_from_nothing_and_torn_down(schema: Schema) -> None:
    assert evolve(EMPTY, order_changes(diff(EMPTY, schema), EMPTY)) == schema
    assert evolve(schema, order_changes(diff(schema, EMPTY), schema)) == EMPTY


@given(schemas(), schemas())
def test_carrying_never_plans_an_opaque_object_away(a: Schema, b: Schema) -> None:
    models = Schema(frozenset(o for o in b if not isinstance(o, Opaque)))

    kept = carry_over(a, models)

    assert set(a.of(Opaque)) <= set(kept.of(Opaque))
    assert carry_over(a, kept) == kept


@given(schemas(), schemas())
def test_restricting_to_no_table_leaves_tables_alone(a: Schema, b: Schema) -> None:
    assert set(limit_to_tables(a, b, ()).of(Table)) == set(a.of(Table))
