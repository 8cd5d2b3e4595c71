"""Databases that are made once and copied."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest
from django.db.utils import ConnectionHandler

from schema_migrations.engines.connection import Connection
from schema_migrations.engines.postgresql.server.template import (
    TEMPLATE_PREFIX,
    ensure_template,
)
from schema_migrations.errors import ConfigError
from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def none_left(postgres_settings: dict[str, Any]) -> Iterator[None]:
    drop_all(postgres_settings)
    yield
    drop_all(postgres_settings)


def drop_all(settings: dict[str, Any]) -> None:
    with connect_as_administrator(settings) as server:
        for name in templates(settings):
            server.execute(f'DROP DATABASE "{name}"')


def templates(settings: dict[str, Any]) -> list[str]:
    with connect_as_administrator(settings) as server:
        found = server.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'dsm_template_%'"
        )
        return [name for (name,) in found]


def connection_to(settings: dict[str, Any]) -> Connection:
    return cast("Connection", ConnectionHandler({"default": settings})["default"])


def use(settings: dict[str, Any], contents: str = "a", sql: str = "SELECT 1") -> str:
    def build(name: str) -> None:
        with psycopg.connect(
            host=settings["HOST"],
            port=settings["PORT"],
            user=settings["USER"],
            dbname=name,
        ) as there:
            there.execute(sql)

    return ensure_template(connection_to(settings), contents, build)


def test_it_is_built_once_for_each_contents(pg_database: dict[str, Any]) -> None:
    first = use(pg_database, sql="CREATE TABLE a (id integer)")
    assert use(pg_database, sql="this would fail") == first
    other = use(pg_database, "b")
    assert sorted(templates(pg_database)) == sorted([first, other])


def test_it_is_made_as_django_makes_a_test_database(
    pg_database: dict[str, Any],
) -> None:
    encoded = {**pg_database, "TEST": {"CHARSET": "UTF8", "TEMPLATE": "template0"}}
    assert use(encoded) != use(pg_database)
    taken = {**pg_database, "TEST": {"TEMPLATE": use(pg_database)}}
    assert use(taken) == use(pg_database)


def test_another_search_path_makes_another(pg_database: dict[str, Any]) -> None:
    elsewhere = {**pg_database, "OPTIONS": {"options": "-c search_path=elsewhere"}}
    assert use(elsewhere) != use(pg_database)


def test_one_that_could_not_be_built_is_not_kept(pg_database: dict[str, Any]) -> None:
    with pytest.raises(psycopg.Error):
        use(pg_database, sql="this fails")
    assert templates(pg_database) == []


def test_workers_that_start_together_make_one(pg_database: dict[str, Any]) -> None:
    names, built = list[str](), list[str]()

    def build(name: str) -> None:
        built.append(name)
        time.sleep(0.2)  # the others are waiting by now

    def work() -> None:
        names.append(ensure_template(connection_to(pg_database), "a", build))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(built) == 1
    assert templates(pg_database) * 3 == names


def test_what_was_not_used_for_long_is_dropped(pg_database: dict[str, Any]) -> None:
    old, recent = use(pg_database, "old"), use(pg_database, "recent")
    with connect_as_administrator(pg_database) as server:
        server.execute(f"COMMENT ON DATABASE \"{old}\" IS 'used 1'")
        draft = f"{TEMPLATE_PREFIX}0123456789abcdef_draft"  # of a run that was killed
        server.execute(f'CREATE DATABASE "{draft}"')
        server.execute(f"COMMENT ON DATABASE \"{draft}\" IS 'used 1'")
    new = use(pg_database, "new")
    assert sorted(templates(pg_database)) == sorted([recent, new])


def test_a_draft_says_when_it_was_begun(pg_database: dict[str, Any]) -> None:
    seen = list[Any]()

    def build(name: str) -> None:
        with connect_as_administrator(pg_database) as server:
            seen.append(
                server.execute(
                    "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
                    " WHERE datname = %s",
                    [name],
                ).fetchone()
            )

    ensure_template(connection_to(pg_database), "a", build)
    assert [said.startswith("used ") for (said,) in seen] == [True]


def test_a_role_that_may_not_create_databases_is_told(
    pg_database: dict[str, Any],
) -> None:
    with connect_as_administrator(pg_database) as server:
        server.execute("CREATE ROLE humble LOGIN")
        try:
            with pytest.raises(ConfigError, match="humble"):
                use({**pg_database, "USER": "humble"})
        finally:
            server.execute("DROP ROLE humble")
