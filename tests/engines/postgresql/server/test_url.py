"""Connection strings that people paste, and what must never be shown."""

from __future__ import annotations

import pytest

from schema_migrations.engines.postgresql.server.url import (
    format_masked_url,
    settings_from_url,
)
from schema_migrations.errors import ConfigError

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
                    "options": r"-c statement_timeout=1000 -c my.own=a\ b",
                },
                "ASKED_SETTINGS": {"statement_timeout": "1000", "my.own": "a b"},
            },
        ),
        (
            "postgres://h/d?role=ddl&search_path=app&options=-c%20work_mem%3D1MB&jit=",
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
        ("postgres://h/d?sslmod=x", "no parameter 'sslmod'"),
        (f"postgres://h/d?Password={SECRET}", "no parameter 'Password'"),
        (f"postgres://h/d?pasword={SECRET}", "no parameter 'pasword'"),
        (f"postgres://h/d?passwd={SECRET}", "no parameter 'passwd'"),
        ("postgres://h/d?slmode=x", "no parameter 'slmode'"),
        ("postgres://h/d?sslinline=true", "no parameter 'sslinline'"),
        ("postgres://h/d?require_aut=x", "no parameter 'require_aut'"),
        ("postgres://h/d?statement_timeout", "cannot be parsed"),
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
