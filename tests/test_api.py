"""The stable names, used as the reference shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models
from django.db.migrations.state import ModelState, ProjectState
from django.test import override_settings

import schema_migrations
from schema_migrations import api
from tests.fixtures.targets import Place


def test_every_stable_name_is_found_at_the_top() -> None:
    for name in api.__all__:
        assert getattr(schema_migrations, name) is getattr(api, name)


def test_every_stable_name_has_a_type_that_is_checked() -> None:
    text = (Path(__file__).parent / "typing_api.py").read_text()
    assert {name for name in api.__all__ if f"s.{name}" not in text} == set()
    assert set(api.__all__) < set(dir(schema_migrations))


def test_a_schema_of_any_app_registry() -> None:
    """A historical state of Django's migrations is a source like the real models."""
    state = ProjectState(real_apps=set())
    fields: list[tuple[str, Any]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.TextField()),
    ]
    state.add_model(ModelState("old", "Thing", fields))

    schema = api.read_schema("models", registry=state.apps)
    now = api.read_schema("models", registry=apps)

    assert [table.key.name for table in schema.of(api.Table)] == ["old_thing"]
    assert "auth_user" in {table.key.name for table in now.of(api.Table)}


def test_plan_write_and_apply(tmp_path: Path, sqlite_place: Place) -> None:
    connection = sqlite_place.connection
    models_schema = api.read_schema("models")
    plan = api.make_plan(api.EMPTY, models_schema, vendor="sqlite")
    text = api.format_file(
        header=(), statements=[(s.comment, s.sql) for s in plan.statements]
    )
    file = api.MigrationFile(name="20260101000000_all.sql", content=text.encode())
    directory = api.save(tmp_path, api.load(tmp_path), [file])
    events: list[api.Event] = []

    outcome = api.apply(connection, directory, report=events.append)

    assert outcome.current_version == "20260101000000"
    assert events
    assert len(api.split(text, vendor="sqlite")) == len(plan.statements)
    assert api.diff(api.inspect(connection), models_schema) == ()


def test_apply_goes_by_the_settings_of_the_alias(pg_place: Place) -> None:
    """Above all the history is where the commands look for it."""
    pg_place.write(_1_a="CREATE TABLE a (id integer);")
    directory = api.load(pg_place.folder)
    entry = {"DIR": str(pg_place.folder), "REVISIONS_SCHEMA": "history"}
    with override_settings(SCHEMA_MIGRATIONS={"default": entry}):
        api.apply(pg_place.connection, directory, signals=False)
        assert api.health().ok
    rows = pg_place.execute("SELECT version FROM history.atlas_schema_revisions")
    assert rows == [("1",)]


def test_apply_to_an_alias_that_is_not_managed(pg_place: Place) -> None:
    pg_place.write(_1_a="CREATE TABLE a (id integer);")
    directory = api.load(pg_place.folder)
    with override_settings(
        SCHEMA_MIGRATIONS={"other": {"REVISIONS_SCHEMA": "history"}}
    ):
        outcome = api.apply(pg_place.connection, directory, signals=False)
    assert outcome.current_version == "1"
