"""Scratch databases on a PostgreSQL server: fresh, alone, and gone afterwards."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema_migrations.engines.postgresql.server.scratch import (
    SCRATCH_PREFIX,
    check_server,
    create_scratch_database,
)
from schema_migrations.engines.probe import ServerVersion
from schema_migrations.errors import ConfigError, Unreachable
from tests.fixtures.children import hold_dev_database, wait_until
from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection

ALIAS = "nowhere"
"""Not in ``DATABASES``: a plain PostgreSQL backend is taken."""


@pytest.fixture
def weak(postgres_settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The server as seen by a role that may not create databases."""
    with connect_as_administrator(postgres_settings) as server:
        server.execute("CREATE ROLE weak LOGIN")
        yield {**postgres_settings, "USER": "weak"}
        server.execute("DROP ROLE weak")


def databases(settings: dict[str, Any]) -> set[str]:
    with connect_as_administrator(settings) as server:
        return {name for (name,) in server.execute("SELECT datname FROM pg_database")}


def asked(connection: Connection, question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


@pytest.mark.every_postgres
def test_fresh_and_gone_after(postgres_settings: dict[str, Any]) -> None:
    """A database with a name of its own that holds no table."""
    with create_scratch_database(postgres_settings, ALIAS) as connection:
        name = asked(connection, "SELECT current_database()")
        assert name.startswith(SCRATCH_PREFIX)
        assert name in databases(postgres_settings)
        assert connection.settings_dict["NAME"] == name
        count = (
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        )
        assert asked(connection, count) == 0
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE here ()")
    assert name not in databases(postgres_settings)


def test_several_at_once(postgres_settings: dict[str, Any]) -> None:
    """Two on one server do not meet."""
    with (
        create_scratch_database(postgres_settings, ALIAS) as one,
        create_scratch_database(postgres_settings, ALIAS) as other,
    ):
        with one.cursor() as cursor:
            cursor.execute("CREATE TABLE here ()")
        assert asked(other, "SELECT to_regclass('here')") is None


def test_an_exception_drops_it(postgres_settings: dict[str, Any]) -> None:
    """Also with a transaction open in it."""
    names = []

    def failing() -> None:
        with create_scratch_database(postgres_settings, ALIAS) as connection:
            names.append(connection.settings_dict["NAME"])
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("CREATE TABLE here ()")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert names[0] not in databases(postgres_settings)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_drops_it(
    postgres_settings: dict[str, Any], how: signal.Signals
) -> None:
    """Ctrl-C and a request to terminate leave nothing on the project's server."""
    with hold_dev_database("auto", postgres_settings) as (child, told):
        assert told["settings"]["HOST"] == postgres_settings["HOST"]
        assert told["name"] in databases(postgres_settings)
        child.send_signal(how)
        child.wait(timeout=60)
        assert child.returncode
        assert told["name"] not in databases(postgres_settings)


def test_leftovers_are_swept(postgres_settings: dict[str, Any]) -> None:
    """Old ones that nobody uses go; a young one, a used one, a foreign one stay."""
    old, used, foreign = (
        f"{SCRATCH_PREFIX}1500000000_{end}" for end in ("aaaa", "bbbb", "mine")
    )
    young = f"{SCRATCH_PREFIX}4000000000_cccc"
    with connect_as_administrator(postgres_settings) as server:
        for name in (old, used, foreign, young):
            server.execute(f'CREATE DATABASE "{name}"'.encode())
        with (
            psycopg.connect(host=server.info.host, user="postgres", dbname=used),
            create_scratch_database(postgres_settings, ALIAS),
        ):
            found = databases(postgres_settings)
        for name in (used, foreign, young):
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
    assert old not in found
    assert {used, foreign, young} <= found


def test_the_named_database_need_not_exist(postgres_settings: dict[str, Any]) -> None:
    """A fresh project whose database nobody has made yet."""
    settings = {**postgres_settings, "NAME": "not_made_yet"}
    with create_scratch_database(settings, ALIAS) as connection:
        assert asked(connection, "SELECT 1") == 1
    assert "not_made_yet" not in databases(postgres_settings)


def test_the_session_is_the_same_everywhere(pg_database: dict[str, Any]) -> None:
    """What the role and the options say has no effect."""
    with connect_as_administrator(pg_database) as server:
        server.execute("CREATE ROLE odd LOGIN CREATEDB")
        for setting in (
            "search_path = pg_catalog",
            "quote_all_identifiers = on",
            "default_transaction_isolation = serializable",
            "statement_timeout = 1234",
        ):
            server.execute(f"ALTER ROLE odd SET {setting}".encode())
        options = {"options": "-c intervalstyle=iso_8601", "isolation_level": 3}
        settings = {**pg_database, "USER": "odd", "OPTIONS": options}
        with create_scratch_database(settings, ALIAS) as connection:
            shown = {
                name: asked(connection, f"SHOW {name}")
                for name in (
                    "search_path",
                    "quote_all_identifiers",
                    "transaction_isolation",
                    "statement_timeout",
                    "intervalstyle",
                )
            }
        server.execute("DROP ROLE odd")
    assert shown == {
        "search_path": "public",
        "quote_all_identifiers": "off",
        "transaction_isolation": "read committed",
        "statement_timeout": "0",
        "intervalstyle": "postgres",
    }


def test_a_pool_is_not_used(postgres_settings: dict[str, Any]) -> None:
    """It would keep the database in use, and needs a package besides."""
    settings = {**postgres_settings, "OPTIONS": {"pool": True}}
    with create_scratch_database(settings, ALIAS) as connection:
        assert "pool" not in connection.settings_dict["OPTIONS"]
        assert asked(connection, "SELECT 1") == 1


def test_it_is_dropped_by_the_session_that_created_it(
    postgres_settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Even when the server would not accept another session of this role."""
    with connect_as_administrator(postgres_settings) as server:
        server.execute("CREATE ROLE limited LOGIN CREATEDB")
        settings = {**postgres_settings, "USER": "limited"}
        with create_scratch_database(settings, ALIAS) as connection:
            name = connection.settings_dict["NAME"]
            server.execute("ALTER ROLE limited CONNECTION LIMIT 0")
        left = name in databases(postgres_settings)
        server.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        server.execute("DROP ROLE limited")
    assert not left
    assert caplog.text == ""


def test_a_session_that_was_ended_meanwhile_is_replaced(
    postgres_settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """By idle_session_timeout, a restart, an administrator."""
    with connect_as_administrator(postgres_settings) as server:
        server.execute("CREATE ROLE idle LOGIN CREATEDB")
        settings = {**postgres_settings, "USER": "idle"}
        with create_scratch_database(settings, ALIAS) as connection:
            name = connection.settings_dict["NAME"]
            ended = server.execute(
                "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity"
                " WHERE usename = 'idle' AND datname <> %s",
                [name],
            ).fetchone()
        left = name in databases(postgres_settings)
        server.execute("DROP ROLE idle")
    assert ended == (1,)
    assert not left
    assert caplog.text == ""


def test_its_sessions_say_whose_they_are(postgres_settings: dict[str, Any]) -> None:
    """Unless the project names its sessions itself."""
    shown = "SELECT current_setting('application_name')"
    with create_scratch_database(postgres_settings, ALIAS) as connection:
        assert asked(connection, shown) == "django-schema-migrations"
    named = {**postgres_settings, "OPTIONS": {"application_name": "shop"}}
    with create_scratch_database(named, ALIAS) as connection:
        assert asked(connection, shown) == "shop"


@pytest.mark.every_postgres
def test_the_version_of_the_server(postgres_settings: dict[str, Any]) -> None:
    """What the command says about where its dev database is."""
    with connect_as_administrator(postgres_settings) as server:
        number = server.info.server_version
    assert check_server(postgres_settings, ALIAS) == ServerVersion(
        text=f"PostgreSQL {number // 10000}.{number % 10000}", major=number // 10000
    )


def test_no_right_to_create_databases(weak: dict[str, Any]) -> None:
    """The hint is the statement that grants it."""
    with pytest.raises(ConfigError, match='Role "weak" may not create') as caught:
        check_server(weak, ALIAS)
    assert 'ALTER ROLE "weak" CREATEDB' in caught.value.hint
    with pytest.raises(ConfigError, match='Role "weak" may not create'):
        create_scratch_database(weak, ALIAS).__enter__()


def test_an_unknown_role(postgres_settings: dict[str, Any]) -> None:
    """The server answers, so that a retry would not help."""
    with pytest.raises(ConfigError, match='role "who" does not exist'):
        check_server({**postgres_settings, "USER": "who"}, ALIAS)


def test_no_server(postgres_settings: dict[str, Any]) -> None:
    """Nothing answers: a retry is safe."""
    with pytest.raises(Unreachable, match="does not answer"):
        check_server({**postgres_settings, "HOST": "/nonexistent"}, ALIAS)


def test_kill_9_leaves_a_database_that_can_be_swept(
    postgres_settings: dict[str, Any],
) -> None:
    """Nobody is connected to it any more, and its name says how old it is."""
    with hold_dev_database("auto", postgres_settings) as (child, told):
        child.kill()
        child.wait(timeout=60)
    name = told["name"]
    idle = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = %s"
    with connect_as_administrator(postgres_settings) as server:
        assert wait_until(lambda: server.execute(idle, [name]).fetchone() == (True,))
        assert name in databases(postgres_settings)
        server.execute(f'DROP DATABASE "{name}"'.encode())
