"""What is collected of models: their DDL, and values for rows that exist already."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from schema_migrations.engines.registry import engine_for
from schema_migrations.engines.sqlite.server.scratch import create_scratch_database
from schema_migrations.schema.model import table_key
from schema_migrations.workflows.states.models_ddl import ModelsDdl, collect_alias_ddl

SQLITE = engine_for("sqlite")


class Headed(models.CharField):  # type: ignore[type-arg]  # no generic at run time
    """Wants an object with a heading, and no other, when a value is saved."""

    def get_db_prep_save(self, value: Any, connection: Any) -> str:
        return str(value.heading)


def collected(**fields: models.Field[Any, Any]) -> ModelsDdl:
    state = ProjectState()
    key: Any = models.BigAutoField(primary_key=True)
    state.add_model(ModelState("shop", "Order", [("id", key), *fields.items()]))
    with create_scratch_database({}, "default") as connection:
        return collect_alias_ddl(
            connection,
            state.apps,
            "default",
            labels=None,
            computed_defaults=SQLITE.planner.computed_defaults,
        )


def test_a_field_that_refuses_its_own_default_has_no_value_for_rows() -> None:
    ddl = collected(
        team=Headed(max_length=9),
        other=Headed(max_length=9, default="none"),
        name=models.CharField(max_length=9, default="none"),
    )
    table = table_key("shop_order")
    assert ddl.facts.fills == {table.column("name"): "'none'"}
    assert [part.label for part in ddl.parts][:1] == ["shop.Order"]
