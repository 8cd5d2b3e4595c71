"""SQLite's URLs."""

from __future__ import annotations

import pytest

from schema_migrations.engines.sqlite.server.url import (
    format_masked_url,
    settings_from_url,
)
from schema_migrations.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "name", "shown"),
    [
        ("sqlite:///db.sqlite3", "db.sqlite3", "sqlite:///db.sqlite3"),
        ("sqlite:////srv/db", "/srv/db", "sqlite:////srv/db"),
        ("sqlite:///C:/a%20b.db", "C:/a b.db", "sqlite:///C:/a%20b.db"),
        ("sqlite:///:memory:", ":memory:", "sqlite:///:memory:"),
        ("sqlite://:memory:", ":memory:", "sqlite:///:memory:"),
    ],
)
def test_a_url_names_a_file(url: str, name: str, shown: str) -> None:
    settings = settings_from_url(url, {})
    assert settings["NAME"] == name
    assert settings["ENGINE"] == "django.db.backends.sqlite3"
    assert format_masked_url(settings) == shown


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite://db", "sqlite:///db?mode=ro"]
)
def test_what_would_mean_something_else_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_from_url(url, {})
    assert "sqlite:///relative" in caught.value.hint


@pytest.mark.parametrize(
    "url", ["sqlite://me:s3cr3t@host/shop", "sqlite:///shop?password=s3cr3t"]
)
def test_a_refused_url_is_not_shown(url: str) -> None:
    """It may be another database's, with its password."""
    with pytest.raises(ConfigError) as caught:
        settings_from_url(url, {})
    assert "s3cr3t" not in str(caught.value)


def test_the_backend_and_options_of_the_alias_stay() -> None:
    base = {"ENGINE": "my.backend", "OPTIONS": {"timeout": 9}, "NAME": "old"}
    settings = settings_from_url("sqlite:///new", base)
    assert settings["ENGINE"] == "my.backend"
    assert settings["OPTIONS"] == {"timeout": 9}
