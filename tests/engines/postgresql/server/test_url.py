"""Connection strings that people paste, and what must never be shown."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.engines.postgresql.server.url import (
    format_masked_url,
    settings_from_url,
)
from schema_migrations.engines.postgresql.server.url_query import (
    RUN_VALUES,
    read_keywords,
)
from schema_migrations.errors import ConfigError
from tests.fixtures.postgresql import connect_as_administrator

SECRET = "s3cr3t"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGDATABASE", "PGUSER"):
        monkeypatch.delenv(name, raising=False)


def entry(url: str, **base: object) -> dict[str, object]:
    settings = settings_from_url(url, base)
    return {name: value for name, value in settings.items() if value not in ("", {})}


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "psql",
        "pgsql",
        "postgis",
        "timescaledb",
        "postgresql+psycopg",
        "POSTGRES",
    ],
)
def test_every_scheme_that_people_paste_means_postgresql(scheme: str) -> None:
    assert entry(f"{scheme}://u:{SECRET}@h:5433/shop") == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "shop",
        "USER": "u",
        "PASSWORD": SECRET,
        "HOST": "h",
        "PORT": "5433",
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://h/d?sslmode=require", {"OPTIONS": {"sslmode": "require"}}),
        (
            "postgres://h/d?options=-c%20statement_timeout%3D5s",
            {"OPTIONS": {"options": "-c statement_timeout=5s"}},
        ),
        (
            "postgres://h/d?keepalives=1&application_name=me",
            {"OPTIONS": {"keepalives": "1", "application_name": "me"}},
        ),
        ("postgres://h/d%20b", {"NAME": "d b"}),
        ("postgres://[::1]:5432/d", {"HOST": "::1", "PORT": "5432"}),
        (
            "postgres://a:1,b:2/d?target_session_attrs=read-write",
            {
                "HOST": "a,b",
                "PORT": "1,2",
                "OPTIONS": {"target_session_attrs": "read-write"},
            },
        ),
        ("postgres://u@%2Fvar%2Frun/d", {"HOST": "/var/run"}),
        ("postgres://u@/d?host=/var/run", {"HOST": "/var/run"}),
        ("host=h dbname=d password='p w'", {"HOST": "h", "PASSWORD": "p w"}),
        ("postgres://u:a%40b%2Fc@h/d", {"PASSWORD": "a@b/c", "HOST": "h"}),
        ("postgres://u:a#b[c@h/d", {"PASSWORD": "a#b[c", "HOST": "h"}),
        (
            "postgres://h/d?search_path=app",
            {"OPTIONS": {"options": "-c search_path=app"}},
        ),
        (
            "postgres://h/d?currentSchema=app,public&options=-c%20work_mem%3D1MB",
            {"OPTIONS": {"options": "-c work_mem=1MB -c search_path=app,public"}},
        ),
        (
            "postgres://h/d?search_path=a%20b%5Cc",
            {"OPTIONS": {"options": r"-c search_path=a\ b\\c"}},
        ),
        ("postgres://u@h", {"NAME": "u"}),
        (
            "postgres://h/d?Statement_Timeout=1000&application_name=me&my.own=a%20b",
            {
                "OPTIONS": {
                    "application_name": "me",
                    "options": r"-c my.own=a\ b",
                },
                "ASKED_SETTINGS": {"statement_timeout": "1000", "my.own": "a b"},
            },
        ),
        (
            "postgres://h/d?role=ddl&search_path=app&options=-c%20work_mem%3D1MB",
            {
                "OPTIONS": {
                    "options": "-c work_mem=1MB -c role=ddl -c search_path=app"
                },
                "ASKED_SETTINGS": {"role": "ddl"},
            },
        ),
        (" postgres://h/d?my.own=a\n", {"ASKED_SETTINGS": {"my.own": "a"}}),
        (
            "postgres://h/d?work_mem=a%09b",
            {"OPTIONS": {"options": "-c work_mem=a\\\tb"}},
        ),
    ],
)
def test_what_libpq_reads_becomes_settings(
    url: str, expected: dict[str, object]
) -> None:
    found = entry(url)
    assert {name: found.get(name) for name in expected} == expected


def test_a_service_needs_no_name_of_a_database() -> None:
    assert entry("postgres://?service=prod")["OPTIONS"] == {"service": "prod"}
    assert "NAME" not in entry("postgresql:///?service=prod")


def test_the_name_comes_from_the_environment_as_for_libpq(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match="names no database"):
        entry("postgres://h")
    monkeypatch.setenv("PGDATABASE", "shop")
    assert entry("postgres://h")["NAME"] == "shop"


def test_the_backend_and_its_own_options_stay_and_no_pool_or_parameter_does() -> None:
    found = entry(
        "postgres://h/d?sslmode=require",
        ENGINE="django.contrib.gis.db.backends.postgis",
        PASSWORD=SECRET,
        CONN_MAX_AGE=9,
        OPTIONS={"assume_role": "ddl", "pool": True, "sslmode": "off", "options": "x"},
    )
    assert found == {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": "d",
        "HOST": "h",
        "CONN_MAX_AGE": 9,
        "OPTIONS": {"assume_role": "ddl", "sslmode": "require"},
    }


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"postgres://u:{SECRET}@x@h/d", "more than one @"),
        (f"postgres://u:{SECRET}/x@h/d", "after the host"),
        (f"postgres://u:12/{SECRET}@h/d", "after the host"),
        (f"postgres://u:1?{SECRET}=1@h/d", "after the host"),
        (f"postgres://u:a@{SECRET}/b@h/d", "after the host"),
        (f"postgres://u:{SECRET}%40h%zz@h/d", "cannot be parsed"),
        (f"postgres://u@h:{SECRET}/d", "port"),
        (f"host=a@{SECRET} dbname=d", "host"),
        (f"docker://u:{SECRET}@h/d", "'docker' is not a PostgreSQL"),
        (f"u:{SECRET}@h://d", "This is not a PostgreSQL"),
        (f"postgres:u:{SECRET}@h/d", "cannot be parsed"),
        (f"host=h passwrod={SECRET}", "cannot be parsed"),
        ("postgres://h/d?sslmod=x", "not know: 'sslmod'"),
        (f"postgres://h/d?Password={SECRET}", "no parameter 'Password'"),
        (f"postgres://h/d?pasword={SECRET}", "not know: 'pasword'"),
        (f"postgres://h/d?passwd={SECRET}", "not know: 'passwd'"),
        ("postgres://h/d?slmode=x", "not know: 'slmode'"),
        ("postgres://h/d?sslinline=true", "not know: 'sslinline'"),
        ("postgres://h/d?require_aut=x", "not know: 'require_aut'"),
        ("postgres://h/d?statement_timeout", "gives statement_timeout no value"),
        ("postgres://h/d?role=", "gives role no value"),
        ("postgres://h/d?my.own=%20", "gives my.own no value"),
        ("postgres://h/d?search_path=", "gives search_path no value"),
        ("postgres://h/d?search_path", "gives search_path no value"),
        ("postgres://h/d?currentSchema=&x=1", "gives currentSchema no value"),
        ("postgres://h/d?lock_timeout=1&LOCK_TIMEOUT=", "gives LOCK_TIMEOUT no value"),
        (f"postgres://h/d?password=a&{SECRET}=", "gives a parameter no value"),
        (f"postgres://h/d?password=a&{SECRET}", "gives a parameter no value"),
        (f"postgres://h/d?pwd={SECRET}", "not know: 'pwd'"),
        (f"postgres://h/d?secret={SECRET}", "not know: 'secret'"),
        (f"postgres://h/d?dbpassword={SECRET}", "not know: 'dbpassword'"),
        (f"postgres://h/d?api_key={SECRET}", "not know: 'api_key'"),
        (f"postgres://h/d?access_token={SECRET}", "not know: 'access_token'"),
        ("postgres://h/d?tls=require", "not know: 'tls'"),
        ("postgres://h/d?tlsmode=require", "not know: 'tlsmode'"),
        ("postgres://h/d?useSSL=true", "not know: 'useSSL'"),
        ("postgres://h/d?Encrypt=true", "not know: 'Encrypt'"),
        ("postgres://h/d?sslmod=x", "protects the connection, so it was not sent"),
        ("postgres://h/d?key9=x", "of that name"),
        ("postgres://h/d?transaction_isolation=serializable", "one transaction only"),
        ("postgres://h/d?transaction_read_only=on", "one transaction only"),
        ("postgres://h/d?a-b=1", "cannot be parsed"),
        ("postgres://h/d?DateStyle=ISO", "sets DateStyle"),
        ("postgres://h/d?transaction_timeout=9", "sets transaction_timeout"),
    ],
)
def test_a_wrong_url_is_refused_without_showing_it(url: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected) as caught:
        settings_from_url(url, {})
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__


@pytest.mark.every_postgres
def test_no_setting_that_a_session_may_have_is_taken_for_protection(
    pg_database: dict[str, Any],
) -> None:
    query = "SELECT name FROM pg_settings WHERE context IN ('user', 'superuser')"
    with connect_as_administrator(pg_database, pg_database["NAME"]) as server:
        names = [name for (name,) in server.execute(query)]
    own = RUN_VALUES | {"search_path", "transaction_isolation"}
    own |= {"transaction_read_only", "transaction_deferrable"}
    for name in {name.lower() for name in names} - own - read_keywords():
        found = settings_from_url(f"postgres://h/d?{name}=1", {})
        assert found["ASKED_SETTINGS"] == {name: "1"}
    assert "password_encryption" in names


@pytest.mark.parametrize(
    "query", ["role=ddl", "options=-c%20role%3Dddl", "ROLE=ddl&work_mem=1MB"]
)
def test_a_role_of_the_url_replaces_the_one_that_django_would_set(query: str) -> None:
    base = {"OPTIONS": {"assume_role": "app"}}
    assert (
        "assume_role"
        not in settings_from_url(f"postgres://h/d?{query}", base)["OPTIONS"]
    )
    kept = settings_from_url("postgres://h/d?work_mem=1MB&my.role=x", base)["OPTIONS"]
    assert kept["assume_role"] == "app"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgres://u:{SECRET}@h:1/d", "postgresql://u:***@h:1/d"),
        ("postgres://[::1]/d", "postgresql://[::1]/d"),
        ("postgres://a:1,b:2/d", "postgresql://a:1,b:2/d"),
        ("postgres://a,b/d", "postgresql://a,b/d"),
        (f"postgres://h/d?password={SECRET}", "postgresql://:***@h/d"),
        ("postgres://u@/d?host=/run", "postgresql://u@/d?host=/run"),
        ("postgres://?service=prod", "postgresql:///?service=prod"),
        ("postgres://h/d?search_path=a,b", "postgresql://h/d?search_path=a,b"),
        ("postgres://h/d?sslmode=require", "postgresql://h/d"),
    ],
)
def test_a_target_is_shown_without_its_password(url: str, shown: str) -> None:
    assert format_masked_url(settings_from_url(url, {})) == shown
