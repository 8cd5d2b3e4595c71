"""SQLite's URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema_migrations.engines.sqlite.server.url import (
    format_masked_url,
    settings_from_url,
)
from schema_migrations.errors import ConfigError

IN_MEMORY = (":memory:", "sqlite:///:memory:")


@pytest.mark.parametrize(
    ("url", "name", "shown"),
    [
        ("sqlite:///db.sqlite3", "db.sqlite3", "sqlite:///db.sqlite3"),
        ("sqlite:////srv/db", "/srv/db", "sqlite:////srv/db"),
        ("sqlite:///C:/a%20b.db", "C:/a b.db", "sqlite:///C:/a%20b.db"),
        ("sqlite:///:memory:", ":memory:", "sqlite:///:memory:"),
        ("sqlite://:memory:", ":memory:", "sqlite:///:memory:"),
        # As Atlas takes them.
        ("sqlite://shop.db", "shop.db", "sqlite:///shop.db"),
        ("sqlite://shop.db?_fk=1", "shop.db", "sqlite:///shop.db"),
        ("sqlite://db/shop?_foreign_keys=ON&mode=rwc", "db/shop", "sqlite:///db/shop"),
        ("sqlite://file:a%20b.db?_fk=1", "a b.db", "sqlite:///a%20b.db"),
        ("sqlite:///file:shop.db", "shop.db", "sqlite:///shop.db"),
        ("sqlite://file:/srv/shop.db", "/srv/shop.db", "sqlite:////srv/shop.db"),
        ("sqlite://file:///srv/db?cache=private", "/srv/db", "sqlite:////srv/db"),
        ("sqlite://file://localhost/srv/db", "/srv/db", "sqlite:////srv/db"),
        ("sqlite://file?mode=memory&cache=shared&_fk=1", *IN_MEMORY),
        ("sqlite://dev?mode=memory", *IN_MEMORY),
        ("sqlite://?mode=memory", *IN_MEMORY),
        ("sqlite://dev?mode=MEMORY", *IN_MEMORY),
        ("sqlite://file::memory:?cache=shared", *IN_MEMORY),
    ],
)
def test_a_url_names_a_file(url: str, name: str, shown: str) -> None:
    settings = settings_from_url(url, {})
    assert settings["NAME"] == name
    assert settings["ENGINE"] == "django.db.backends.sqlite3"
    assert format_masked_url(settings) == shown


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite://file:",
        "sqlite://file:///",
        "sqlite://file://host/db",
        "sqlite://me:db",
        "sqlite://me@db",
        "sqlite:///db?mode=ro",
        "sqlite://db?mode=rw",
        "sqlite://db?cache=shared",
        "sqlite://db?mode=memory&vfs=unix-none",
        "sqlite://db?_fk=0",
        "sqlite://db?_fk",
    ],
)
def test_what_would_mean_something_else_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_from_url(url, {})
    assert "sqlite:///relative" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://me:s3cr3t@host/shop",
        "sqlite:///shop?password=s3cr3t",
        "sqlite:///shop?mode=s3cr3t",
        "sqlite://me?s3cr3t@host/shop",
        "sqlite://me:x?s3cr3t=1@host/shop",
    ],
)
def test_a_refused_url_is_not_shown(url: str) -> None:
    """It may be another database's, with its password."""
    with pytest.raises(ConfigError) as caught:
        settings_from_url(url, {})
    assert "s3cr3t" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("query", "name"), [("_busy_timeout=9", "_busy_timeout"), ("mode=ro", "mode")]
)
def test_a_refused_parameter_is_named(query: str, name: str) -> None:
    with pytest.raises(ConfigError, match=repr(name)):
        settings_from_url(f"sqlite://shop.db?_fk=1&{query}", {})


def test_a_path_that_atlas_takes_for_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new, empty database below the current folder would be the wrong one."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "shop.db"
    name = str(file).removeprefix("/")
    assert settings_from_url(f"sqlite://{file}", {})["NAME"] == name
    file.write_bytes(b"")
    with pytest.raises(ConfigError) as caught:
        settings_from_url(f"sqlite://{file}", {})
    assert f"Write sqlite:///{file}, or sqlite://{name} " in caught.value.hint
    assert settings_from_url(f"sqlite:///{file}", {})["NAME"] == str(file)
    assert settings_from_url(f"sqlite://{name}", {})["NAME"] == name
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(b"")
    assert settings_from_url(f"sqlite://{file}", {})["NAME"] == name


def test_the_backend_and_options_of_the_alias_stay() -> None:
    base = {"ENGINE": "my.backend", "OPTIONS": {"timeout": 9}, "NAME": "old"}
    settings = settings_from_url("sqlite:///new", base)
    assert settings["ENGINE"] == "my.backend"
    assert settings["OPTIONS"] == {"timeout": 9}
