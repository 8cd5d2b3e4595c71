"""A refused connection: settings to correct, or a server to wait for."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db.utils import ConnectionHandler
from psycopg.errors import FinishedPGconn

from schema_migrations.dev.embedded import run_programs
from schema_migrations.engines.postgresql.server.refusal import (
    find_refused_setting,
    is_about_database,
    is_final_refusal,
    read_attempt,
    translate_refusals,
)
from schema_migrations.engines.postgresql.server.scratch import check_server
from schema_migrations.engines.postgresql.server.sibling import open_sibling
from schema_migrations.engines.postgresql.session.driver_error import read_driver_error
from schema_migrations.engines.postgresql.session.session import describe_target
from schema_migrations.errors import ConfigError, Unreachable
from tests.fixtures.children import wait_until
from tests.fixtures.fast import leave_out
from tests.fixtures.postgresql import (
    choose_default_major,
    connect_as_administrator,
    map_majors,
)
from tests.fixtures.replication import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection

ALIAS = "nowhere"

ROLES = """
CREATE ROLE refused_plain LOGIN;
CREATE ROLE refused_nologin;
CREATE ROLE refused_limited LOGIN CONNECTION LIMIT 0;
"""


@pytest.fixture
def refusing(postgres_settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A server with roles and databases that it does not let everybody use."""
    with connect_as_administrator(postgres_settings) as server:
        server.execute(ROLES)
        server.execute("CREATE DATABASE refused_closed ALLOW_CONNECTIONS false")
        server.execute("CREATE DATABASE refused_limited CONNECTION LIMIT 0")
        server.execute("CREATE DATABASE refused_private")
        server.execute("REVOKE CONNECT ON DATABASE refused_private FROM PUBLIC")
        yield {**postgres_settings, "USER": "refused_plain"}
        for name in ("closed", "limited", "private"):
            server.execute(f"DROP DATABASE refused_{name}".encode())
        server.execute("DROP ROLE refused_plain, refused_nologin, refused_limited")


@pytest.mark.every_postgres
def test_both_ways_to_a_server_tell_the_same(refusing: dict[str, Any]) -> None:
    """A dev server's and a target's: what one calls final the other does not retry."""
    cases: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"USER": "refused_nobody"}, ConfigError),
        ({"USER": "refused_nologin"}, ConfigError),
        ({"NAME": "refused_missing"}, ConfigError),
        ({"NAME": "refused_closed"}, ConfigError),
        ({"NAME": "refused_private"}, ConfigError),
        ({"OPTIONS": {"options": "-c refused=1"}}, ConfigError),
        ({"OPTIONS": {"options": "-c work_mem=x"}}, ConfigError),
        ({"OPTIONS": {"options": "-Z"}}, ConfigError),
        ({"OPTIONS": {"options": "-c role=refused_nobody"}}, ConfigError),
        ({"OPTIONS": {"options": "-c role=postgres"}}, ConfigError),
        ({"OPTIONS": {"sslmod": "x"}}, ConfigError),
        ({"OPTIONS": {"sslmode": "x"}}, ConfigError),
        ({"OPTIONS": {"service": "refused"}, "NAME": ""}, ConfigError),
        ({"NAME": "x" * 70}, ConfigError),
        ({"USER": "refused_limited"}, Unreachable),
        ({"NAME": "refused_limited"}, Unreachable),
        ({"HOST": "/nowhere"}, Unreachable),
        ({"HOST": f"/nowhere,{refusing['HOST']}", "USER": "who"}, ConfigError),
        ({"HOST": f"{refusing['HOST']},/nowhere", "USER": "who"}, ConfigError),
    ]
    for change, kind in cases:
        settings = {**refusing, **change}
        with pytest.raises((ConfigError, Unreachable)) as as_server:
            open_sibling(settings, ALIAS)
        with pytest.raises((ConfigError, Unreachable)) as as_target:
            describe_target(ConnectionHandler({"default": settings})["default"])
        assert isinstance(as_server.value, kind), change
        assert isinstance(as_target.value, kind), change
        found = read_driver_error(as_server.value)
        if found is not None:
            assert found.retryable == (kind is Unreachable), change


@pytest.mark.every_postgres
def test_a_full_server_may_be_tried_again(postgres_settings: dict[str, Any]) -> None:
    """The last slots are kept for superusers, and then there are none."""
    with connect_as_administrator(postgres_settings) as server:
        server.execute("CREATE ROLE refused_plain LOGIN")
        sessions: list[Connection] = []
        for user in ("refused_plain", "postgres"):
            settings = {**postgres_settings, "USER": user}
            with pytest.raises(Unreachable) as caught:  # noqa: PT012
                while len(sessions) < 200:
                    sessions.append(open_sibling(settings, ALIAS))
            assert "FATAL" in str(caught.value)
        for session in sessions:
            session.close()
        assert wait_until(lambda: has_gone(server, "refused_plain"))
        server.execute("DROP ROLE refused_plain")


def has_gone(server: psycopg.Connection, user: str) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
    return server.execute(query, [user]).fetchone() == (0,)


def test_a_server_that_shuts_down_may_be_tried_again() -> None:
    leave_out("a server")
    with run_programs(
        map_majors()[choose_default_major()], asks_for_password=False
    ) as server:
        settings = {**server.settings, "NAME": "system", "USER": "system"}
        with connect_as_administrator(server.settings):
            pid_file = Path(settings["HOST"], "data", "postmaster.pid")
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGTERM)

            def is_shutting_down() -> bool:
                with pytest.raises((ConfigError, Unreachable)) as caught:
                    open_sibling(settings, ALIAS)
                return "shutting down" in str(caught.value) and isinstance(
                    caught.value, Unreachable
                )

            assert wait_until(is_shutting_down)


class TestPasswords:
    def test_a_refused_password_is_tried_once(self, primary: dict[str, Any]) -> None:
        """Also where role and database have one name: more tries might lock an account."""
        log = Path(primary["HOST"], "log")
        said = 'FATAL:  password authentication failed for user "app"'
        before = log.read_text().count(said)
        settings = {**primary, "NAME": "app", "USER": "app", "PASSWORD": "wr0ng pa55"}
        with pytest.raises(ConfigError) as caught:
            check_server(settings, ALIAS)
        assert log.read_text().count(said) == before + 1
        assert "wr0ng" not in f"{caught.value} {caught.value.__cause__}"

    def test_no_password_is_a_wrong_setting(self, primary: dict[str, Any]) -> None:
        for settings in ({**primary, "USER": "app"}, {**primary, "USER": "whoever"}):
            with pytest.raises(ConfigError, match="no password supplied"):
                check_server(settings, ALIAS)

    def test_a_missing_database_is_not_a_refused_password(
        self, primary: dict[str, Any]
    ) -> None:
        """Others are tried: role and database have one name here, too."""
        settings = {**primary, "NAME": "app", "USER": "app", "PASSWORD": SECRET}
        with pytest.raises(ConfigError, match='Role "app" may not create'):
            check_server(settings, ALIAS)


# As PostgreSQL 15 answers with lc_messages in Russian, German and Japanese, the
# database's encoding being what it was at the time, and as PgBouncer 1.18 answers.
FINAL = [
    'VAZHNO:  pol`zovatel` "app" ne proshyol proverku podlinnosti (po parolyu)',
    'VAZHNO:  rol` "app" ne sushhestvuet',
    'VAZHNO:  baza danny`x "shop" ne sushhestvuet',
    'VAZHNO:  dostup k baze "shop" zapreshhyon\nDETAIL:  Pol`zovatel` ne imeet …',
    "FATAL:  Passwort-Authentifizierung f?r Benutzer >>app<< fehlgeschlagen",
    "FATAL:  Datenbank »shop« existiert nicht",
    'FATAL:  ????"app"???????????????',
    "FATAL:  SASL authentication failed",
    "FATAL:  no such database: shop",
    "FATAL:  unsupported startup parameter: options",
    "FATAL:  connection requires a valid client certificate",
    "server does not support SSL, but SSL was required",
    'server certificate for "other" does not match host name "127.0.0.5"',
]


def test_a_timeout_that_cancels_our_own_query_is_named(
    postgres_settings: dict[str, Any],
) -> None:
    """It read as if the server did not answer; the unit is what people mistake."""
    options = {"options": "-c statement_timeout=20"}
    connection = open_sibling({**postgres_settings, "OPTIONS": options}, ALIAS)
    for target in ("", "postgresql://h/d"):
        with (
            pytest.raises(Unreachable, match="statement_timeout") as caught,
            translate_refusals(connection, target=target),
            connection.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_sleep(5)")
        assert "milliseconds" in caught.value.message
    connection.close()


# As PostgreSQL 15 answers one psycopg.connect to a server that wants encryption: libpq
# tries with it and without.
REFUSED_TWICE = (
    'FATAL:  password authentication failed for user "app"\nconnection to server at'
    ' "127.0.0.1", port 5432 failed: FATAL:  no pg_hba.conf entry for host "127.0.0.1",'
    ' user "app", database "shop", no encryption'
)
REFUSED_TWICE_IN_GERMAN = (
    "FATAL:  Passwort-Authentifizierung für Benutzer »app« fehlgeschlagen\nconnection to"
    ' server at "127.0.0.1", port 5432 failed: FATAL:  kein pg_hba.conf-Eintrag für Host'
    " »127.0.0.1«, Benutzer »app«, Datenbank »shop«, keine Verschlüsselung"
)
TEMPORARY = [
    "VAZHNO:  sistema baz danny`x ostanavlivaetsya",
    "VAZHNO:  izvinite, uzhe slishkom mnogo klientov",
    "FATAL:  das Datenbanksystem f?hrt herunter",
    "FATAL:  the database system is starting up",
    "FATAL:  sorry, too many clients already",
    'FATAL:  too many connections for role "app"',
    'FATAL:  too many connections for database "shop"',
    "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
    "FATAL:  remaining connection slots are reserved for roles with privileges of the"
    ' "pg_use_reserved_connections" role',
    "FATAL:  verbleibende Verbindungen sind für die Rolle »pg_use_reserved_connections«"
    " reserviert",
    "FATAL:  query_wait_timeout",
    "FATAL:  no more connections allowed (max_client_conn)",
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP …?",
    "server closed the connection unexpectedly",
    "expected authentication request from server, but received H",
]


def refused(
    said: str, *, user: str = "app", database: str = "shop", options: str = ""
) -> psycopg.Error:
    """An error as psycopg raises it, from a host whose name is the database's."""
    return psycopg.OperationalError(
        f'connection failed: connection to server at "{database}" (10.0.0.2), port 5432'
        f" failed: {said}",
        pgconn=FinishedPGconn(
            user=user.encode(), db=database.encode(), options=options.encode()
        ),
    )


@pytest.mark.parametrize(
    ("said", "about_database"),
    [
        ('FATAL:  database "shop" does not exist', True),
        (
            'FATAL:  password authentication failed for user "app"\nFATAL:  no'
            ' pg_hba.conf entry for user "app", database "shop", no encryption',
            False,
        ),
        ('FATAL:  no pg_hba.conf entry for user "app", database "shop"', True),
        ('FATAL:  role "app" does not exist', False),
        ("fe_sendauth: no password supplied", False),
    ],
)
def test_english_words_tell_where_psycopg_tells_no_names(
    said: str, about_database: bool
) -> None:
    """psycopg 3.2 does not, after attempts at several addresses."""
    error = psycopg.OperationalError(f"{said}\nMultiple connection attempts failed.")
    assert error.pgconn is None
    assert is_final_refusal(error)
    assert is_about_database(error) is about_database


@pytest.mark.parametrize("said", [FINAL[3], FINAL[4], FINAL[5]])
def test_the_settings_name_role_and_database_where_psycopg_does_not(said: str) -> None:
    error = psycopg.OperationalError(f"{said}\nMultiple connection attempts failed.")
    assert error.pgconn is None
    assert is_final_refusal(error, {"USER": "app", "NAME": "shop"})
    assert not is_final_refusal(error, {"USER": "other", "NAME": "another"})


@pytest.mark.parametrize(
    "spelled", ["geschäft", "gesch?ft", "gesch\ufffdft", "gesch??ft"]
)
def test_a_name_in_another_encoding_is_recognized(spelled: str) -> None:
    said = (
        f"FATAL:  Passwort-Authentifizierung f?r Benutzer >>{spelled}<< fehlgeschlagen"
    )
    assert is_final_refusal(refused(said, user="geschäft"))
    assert not is_final_refusal(refused(said, user="other"))


@pytest.mark.parametrize("said", FINAL)
def test_what_names_the_settings_is_final(said: str) -> None:
    assert is_final_refusal(refused(said))


@pytest.mark.parametrize("said", TEMPORARY)
@pytest.mark.parametrize(
    "options",
    ["", "-c role=ddl -c jit=off", "-c session_authorization=ddl -c connection.max=1"],
)
def test_anything_else_may_be_tried_again(said: str, options: str) -> None:
    """Also where a word of the message is the name of a setting: a role, a system."""
    assert not is_final_refusal(refused(said, options=options))
    without_names = psycopg.OperationalError(said)
    settings = {"USER": "app", "NAME": "shop", "OPTIONS": {"options": options}}
    if "no more connections" not in said:
        assert not is_final_refusal(without_names, settings)


@pytest.mark.parametrize(
    ("said", "options", "name"),
    [
        ('FATAL:  role "nosuch" does not exist', "-c role=nosuch", "role"),
        ("FATAL:  Rolle »nosuch« existiert nicht", "-c role=nosuch", "role"),
        ("FATAL:  le rôle « nosuch » n'existe pas", "-c role=nosuch", "role"),
        ("FATAL:  Rolle ?nosuch? existiert nicht", "--role=nosuch", "role"),
        ('VAZHNO:  rol` "no such" ne', r"-crole=no\ such", "role"),
        (
            "FATAL:  keine Berechtigung für »boss«",
            "-c session_authorization=boss",
            "session_authorization",
        ),
        ('FATAL:  neizvestny`j parametr "Work_Mem"', "-c work_mem=1", "work_mem"),
        ('FATAL:  role "other" does not exist', "-c role=nosuch", ""),
        ('FATAL:  role "app" does not exist', "-c role=app", ""),
        ('FATAL:  database "shop" does not exist', "-c role=shop", ""),
        ("FATAL:  this is the role nosuch", "-c role=nosuch", ""),
        ('could not translate host name "nosuch"', "-c role=nosuch", ""),
    ],
)
def test_the_setting_that_the_server_refuses_is_found(
    said: str, options: str, name: str
) -> None:
    """In any language, and by the value where the server names only that."""
    error = refused(said, options=options)
    assert error.pgconn is not None
    asked = read_attempt(error.pgconn)
    assert find_refused_setting(str(error), asked) == name
    if name:
        assert is_final_refusal(error)
        settings = {"USER": "app", "NAME": "shop", "OPTIONS": {"options": options}}
        assert is_final_refusal(psycopg.OperationalError(str(error)), settings)


@pytest.mark.parametrize(
    ("said", "user", "expected"),
    [
        ('FATAL:  database "shop" does not exist', "app", True),
        ('FATAL:  database "shop" does not exist', "shop", True),
        ("FATAL:  no such database: shop", "shop", True),
        ("FATAL:  Datenbank »shop« existiert nicht", "app", True),
        ('FATAL:  no pg_hba.conf entry for user "app", database "shop"', "app", True),
        ('FATAL:  password authentication failed for user "shop"', "shop", False),
        ('FATAL:  password authentication failed for user "shop_app"', "app", False),
        ('FATAL:  role "shop" does not exist', "shop", False),
        (REFUSED_TWICE, "app", False),
        (REFUSED_TWICE.replace('"app"', '"shop"'), "shop", False),
        (REFUSED_TWICE_IN_GERMAN, "app", False),
        (REFUSED_TWICE_IN_GERMAN.replace("»app«", "»shop«"), "shop", False),
        ("Connection refused", "app", False),
    ],
)
def test_only_a_refused_database_has_others_tried(
    said: str, user: str, expected: bool
) -> None:
    assert is_about_database(refused(said, user=user)) is expected
