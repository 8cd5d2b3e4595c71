"""Repointing an alias at a URL, and waiting for a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connections

from schema_migrations.engines.registry import engine_for, engine_for_url
from schema_migrations.errors import ConfigError, Unreachable
from schema_migrations.workflows.targets.connection import (
    ServerPart,
    connect_and_describe,
    open_target,
)
from tests.fixtures.targets import Place, use_as_default

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_url_the_alias_is_the_target() -> None:
    with open_target("default", None) as (connection, engine):
        assert connection is connections["default"]
        assert engine.vendor == "sqlite"


def test_with_a_url_the_alias_itself_means_the_target(tmp_path: Path) -> None:
    before, settings = connections["default"], connections.settings["default"]
    with open_target("default", f"sqlite:///{tmp_path}/other.db") as (
        connection,
        engine,
    ):
        assert connection is connections["default"] is not before
        assert connection.settings_dict["NAME"] == f"{tmp_path}/other.db"
        assert connections.settings["default"] is not settings
        assert connection.settings_dict["ATOMIC_REQUESTS"] is False
        assert engine.vendor == "sqlite"
    assert connections["default"] is before
    assert connections.settings["default"] is settings


def test_a_session_of_its_own_in_place_of_a_pool_or_an_open_transaction(
    pg_database: dict[str, Any],
) -> None:
    """Django finds a pool by its alias, whatever database that means by now."""
    options = {"pool": True, "sslmode": "prefer"}
    with use_as_default({**pg_database, "AUTOCOMMIT": False, "OPTIONS": options}):
        before = connections["default"]
        for part in (
            ServerPart(schema="public"),
            ServerPart(database=pg_database["NAME"]),
        ):
            with open_target("default", None, part) as (connection, engine):
                assert connection.settings_dict["OPTIONS"]["sslmode"] == "prefer"
                assert "pool" not in connection.settings_dict["OPTIONS"]
                connect_and_describe(connection, engine, wait=0)
                assert not engine.executor.in_transaction(connection)
            assert connections["default"] is before


def test_keys_of_one_database_are_not_those_of_another(tmp_path: Path) -> None:
    """Django keeps content types by alias."""
    found = []
    for number in (1, 2):
        with open_target("default", f"sqlite:///{tmp_path}/{number}.db") as (
            connection,
            _,
        ):
            with connection.schema_editor() as editor:
                editor.create_model(ContentType)
            for name in ("first", "second")[:number]:
                ContentType.objects.create(app_label="other", model=name)
            found.append(ContentType.objects.get_for_model(ContentType).pk)
    assert found == [2, 3]
    with pytest.raises(OperationalError):  # no such table: nothing is remembered
        ContentType.objects.get_for_model(ContentType)


def test_everything_is_as_before_after_an_exception(tmp_path: Path) -> None:
    before = connections["default"]
    with (
        pytest.raises(RuntimeError),
        open_target("default", f"sqlite:///{tmp_path}/other.db"),
    ):
        raise RuntimeError
    assert connections["default"] is before


def test_a_url_may_be_of_another_engine(pg_database: dict[str, Any]) -> None:
    url = f"postgres://postgres@/{pg_database['NAME']}?host={pg_database['HOST']}"
    with open_target("default", url) as (connection, engine):
        assert connections["default"].vendor == engine.vendor == "postgresql"
        assert connect_and_describe(connection, engine, wait=0).schema == "public"
    assert connections["default"].vendor == "sqlite"


def test_a_wrong_url_leaves_the_alias_alone() -> None:
    before = connections["default"]
    with pytest.raises(ConfigError), open_target("default", "postgres://u:p/x@h/d"):
        pass
    assert connections["default"] is before


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://h/d", "mysql://"),
        ("docker://postgres/17", "dev database"),
        ("db.sqlite3", "no scheme"),
    ],
)
def test_a_url_without_an_engine_is_refused(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        engine_for_url(url)


def test_keywords_of_libpq_are_a_url() -> None:
    assert engine_for_url("host=h dbname=d").vendor == "postgresql"


def test_an_unsupported_engine_is_named_with_the_supported_ones() -> None:
    with pytest.raises(ConfigError, match="'mysql'") as caught:
        engine_for("mysql")
    assert "PostgreSQL and SQLite" in caught.value.hint


def test_an_alias_whose_backend_does_not_load_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = {"ENGINE": "no.such.backend", "NAME": "x"}
    monkeypatch.setitem(connections.settings, "broken", entry)
    with (
        pytest.raises(ConfigError, match=r"'broken'.*no\.such\.backend"),
        open_target("broken", None),
    ):
        pass


def test_a_server_that_stays_away_is_given_up_after_the_wait() -> None:
    with open_target("default", "postgres://u@127.0.0.1:1/d") as (connection, engine):
        with pytest.raises(Unreachable):
            connect_and_describe(connection, engine, wait=0)
        with pytest.raises(Unreachable):
            connect_and_describe(connection, engine, wait=0.01)


def test_another_database_is_not_reached_through_the_pool_of_the_alias(
    pg_place: Place,
) -> None:
    """It leads to the one that the alias means, whatever NAME says."""
    with use_as_default({**pg_place.settings, "OPTIONS": {"pool": True}}):
        with (
            open_target("default", None, ServerPart(database="postgres")) as (other, _),
            other.cursor() as cursor,
        ):
            cursor.execute("SELECT current_database()")
            assert cursor.fetchone() == ("postgres",)
            assert "pool" not in other.settings_dict["OPTIONS"]
        assert connections["default"].settings_dict["OPTIONS"]["pool"]


def test_what_a_url_asks_for_is_not_asked_of_another_server(
    pg_database: dict[str, Any],
) -> None:
    """A sibling took it from the alias, and its options from its own settings."""
    host = f"host={pg_database['HOST']}&port={pg_database['PORT']}"
    user, name = pg_database["USER"], pg_database["NAME"]
    url = f"postgres://{user}@/{name}?{host}&work_mem=3MB"
    with (
        use_as_default(pg_database),
        open_target("default", url) as (connection, engine),
    ):
        connect_and_describe(connection, engine, wait=0)
        sibling = engine.executor.make_sibling(pg_database, "default")
        engine.executor.describe_target(sibling)
        sibling.close()
