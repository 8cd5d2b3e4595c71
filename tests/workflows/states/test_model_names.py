"""A name in ``models.py`` and the server's name of the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.schema.model import Key, table_key
from schema_migrations.workflows.states.model_names import key_of_table_name
from schema_migrations.workflows.states.state import inspect_database

if TYPE_CHECKING:
    from schema_migrations.engines.engine import Engine

NAMES = [
    ("order", table_key("order")),
    ('"order"', table_key("order")),
    ('archive"."order', table_key("order", "archive")),
    ('"archive"."order"', table_key("order", "archive")),
    ("archive.order", table_key("archive.order")),
    ("Größe ", table_key("Größe ")),
]
ON_POSTGRES = [
    *NAMES,
    ('public"."order', table_key("order")),
    ("x" * 64, table_key("x" * 63)),
    ("x" * 62 + "ß", table_key("x" * 62)),
    ("x" * 61 + "ß", table_key("x" * 61 + "ß")),
    ("€" * 22, table_key("€" * 21)),
    ('archive"."' + "x" * 70, table_key("x" * 63, "archive")),
]
ON_SQLITE = [*NAMES[:2], *NAMES[4:], ('main"."order', table_key("order"))]


def check(engine: Engine, settings: dict[str, Any], name: str, key: Key) -> None:
    """Let Django name a table, and read the name that the server gave it."""
    assert key_of_table_name(name, engine.dialect) == key
    with engine.dev_server.create_scratch_database(settings, "default") as connection:
        if key.namespace:
            engine.executor.execute(connection, f"CREATE SCHEMA {key.namespace}")
        quoted = connection.schema_editor(collect_sql=True).quote_name(name)
        engine.executor.execute(connection, f"CREATE TABLE {quoted} (a integer)")
        assert key in inspect_database(engine, connection).by_key


@pytest.mark.parametrize(("name", "key"), ON_POSTGRES)
def test_postgresql(postgres_settings: dict[str, Any], name: str, key: Key) -> None:
    check(engine_for("postgresql"), postgres_settings, name, key)


@pytest.mark.parametrize(("name", "key"), [*ON_SQLITE, ("x" * 70, table_key("x" * 70))])
def test_sqlite(name: str, key: Key) -> None:
    check(engine_for("sqlite"), {}, name, key)
