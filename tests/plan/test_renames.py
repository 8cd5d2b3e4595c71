"""Which columns may have been renamed, on a real database of each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from schema_migrations.engines.registry import engine_for
from schema_migrations.plan.renames import (
    NO_RENAMES,
    find_column_candidates,
    find_table_candidates,
)
from schema_migrations.workflows.states.loaded_models import (
    load_models,
)
from schema_migrations.workflows.states.models_ddl import collect_alias_ddl
from schema_migrations.workflows.states.state import (
    inspect_database,
)

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Engine
    from schema_migrations.schema.model import Schema

AnyField = Any
Fields = dict[str, AnyField]


def schema_of(
    engine: Engine, settings: dict[str, Any], name: str, fields: Fields
) -> Schema:
    state = ProjectState()
    key: AnyField = models.BigAutoField(primary_key=True)
    state.add_model(ModelState("shop", name, [("id", key), *fields.items()]))
    with engine.dev_server.create_scratch_database(settings, "default") as connection:
        ddl = collect_alias_ddl(
            connection,
            state.apps,
            "default",
            labels=None,
            computed_defaults=engine.planner.computed_defaults,
        )
        load_models(engine, connection, ddl, alias="default")
        return inspect_database(engine, connection)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_for(request.param)


@pytest.fixture
def settings(engine: Engine, request: pytest.FixtureRequest) -> dict[str, Any]:
    if engine.vendor == "sqlite":
        return {}
    found: dict[str, Any] = request.getfixturevalue("postgres_settings")
    return found


TEXT: AnyField = models.TextField()
JSON: AnyField = models.JSONField()
OPTIONAL_JSON: AnyField = models.JSONField(null=True)
COUNT: AnyField = models.PositiveIntegerField()


@pytest.mark.parametrize(
    ("before", "after", "is_candidate"),
    [
        (TEXT, TEXT, True),
        (JSON, JSON, True),
        (JSON, OPTIONAL_JSON, True),
        (COUNT, COUNT, True),
        (TEXT, JSON, False),
        (JSON, TEXT, False),
        (COUNT, TEXT, False),
    ],
)
def test_a_column_of_another_kind_is_no_candidate(
    engine: Engine,
    settings: dict[str, Any],
    before: AnyField,
    after: AnyField,
    is_candidate: bool,
) -> None:
    current = schema_of(engine, settings, "Order", {"remarks": before.clone()})
    desired = schema_of(engine, settings, "Order", {"remarks_now": after.clone()})
    found = find_column_candidates(NO_RENAMES, current, desired)
    assert [(c.old.part, c.new.part) for c in found] == (
        [("remarks", "remarks_now")] if is_candidate else []
    )


def test_nor_makes_it_two_tables_alike(
    engine: Engine, settings: dict[str, Any]
) -> None:
    def fields(kind: AnyField) -> Fields:
        return {f"remarks_{number}": kind.clone() for number in range(3)}

    texts = schema_of(engine, settings, "Order", fields(TEXT))
    others = schema_of(engine, settings, "Sale", fields(JSON))
    same = schema_of(engine, settings, "Sale", fields(TEXT))
    assert find_table_candidates(NO_RENAMES, texts, others) == ()
    assert len(find_table_candidates(NO_RENAMES, texts, same)) == 1
