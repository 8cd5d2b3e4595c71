"""``SCHEMA_MIGRATIONS``: defaults, and every problem at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.db import connections
from django.test import override_settings

from schema_migrations.conf import (
    SETTING_KEYS,
    find_setting_problems,
    read_settings,
    settings_from_entry,
)
from schema_migrations.errors import ConfigError

ALIASES = ("default", "other")


def messages(raw: object) -> list[str]:
    return [
        f"{p.code} {p.message} {p.hint}" for p in find_setting_problems(raw, ALIASES)
    ]


def test_an_empty_dict_has_no_problem_and_takes_every_default() -> None:
    assert messages({}) == messages({"default": {}}) == []
    settings = settings_from_entry({}, base=Path("/base"))
    assert settings.directory == Path("/base/migrations")
    assert settings.apps is None
    assert (settings.lock_wait, settings.lock_timeout) == (60.0, 5.0)
    assert settings.statement_timeout is None
    assert settings.extra_paths == ()


def test_paths_are_below_the_base() -> None:
    settings = settings_from_entry(
        {"EXTRA": ["sql", Path("/views.sql")]}, base=Path("/base")
    )
    assert settings.extra_paths == (Path("/base/sql"), Path("/views.sql"))


def test_every_documented_key_with_its_own_default_is_accepted() -> None:
    entry = {name: key.default for name, key in SETTING_KEYS.items() if name != "DIR"}
    assert messages({"default": {**entry, "DIR": Path("sql")}}) == []
    assert messages({"default": {"EXTRA": [], "LINT": {}, "PLAN": "online"}}) == []


def test_every_problem_is_reported_at_once() -> None:
    found = messages(
        {"defalt": {"DRI": "x"}, "other": {"TX_MODE": "files", "LOCK_WAIT": "6x"}}
    )
    assert [line[:4] for line in found] == ["E002", "E003", "E004", "E004"]
    assert "Did you mean default?" in found[0]
    assert "Did you mean DIR?" in found[1]
    assert '"file", "all" or "none"' in found[2]
    assert '"60s"' in found[3]


@pytest.mark.parametrize("raw", [None, [], "default", {"default": None}])
def test_what_is_no_dict_is_refused(raw: object) -> None:
    assert [line[:4] for line in messages(raw)] == ["E001"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LINT", {"PG105": "error"}),
    ],
)
def test_a_key_without_effect_is_refused_not_ignored(name: str, value: object) -> None:
    (found,) = messages({"default": {name: value}})
    assert found.startswith("E005")
    assert "no effect yet" in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIR", 1),
        ("DIR", ""),
        ("DEV", None),
        ("APPS", "shop"),
        ("APPS", [1]),
        ("EXTENSIONS", "pg_trgm"),
        ("EXTRA", "views.sql"),
        ("EXTRA", [""]),
        ("IGNORE", "pgboss.*"),
        ("IGNORE", ["*"]),
        ("IGNORE", ["a.b.c"]),
        ("PLAN", "fast"),
        ("EXEC_ORDER", None),
        ("REVISIONS_SCHEMA", 3),
        ("LOCK_WAIT", None),
        ("LOCK_WAIT", -1),
        ("LOCK_TIMEOUT", True),
        ("LOCK_RETRIES", 1.5),
        ("LOCK_RETRIES", True),
        ("BACKFILL_BATCH", 0),
        ("BACKFILL_PAUSE", None),
        ("LINT", []),
        (1, 1),
    ],
)
def test_a_wrong_type_is_refused(name: str, value: object) -> None:
    (found,) = messages({"default": {name: value}})
    assert found[:4] in ("E003", "E004")


def test_zero_switches_a_timeout_off() -> None:
    assert settings_from_entry({"LOCK_TIMEOUT": 0}, base=Path()).lock_timeout is None


def test_an_unknown_alias_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Did you mean default"):
        read_settings("defualt")


@override_settings(SCHEMA_MIGRATIONS={"default": {"DRI": 1}, "replica": {}})
def test_a_command_and_the_system_check_tell_the_same_problems() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings("default")
    found = [m for m in run_checks() if str(m.id).startswith("schema_migrations.")]
    assert [m.id for m in found] == ["schema_migrations.E003", "schema_migrations.E002"]
    assert all(m.msg in str(caught.value) for m in found)
    assert all(m.hint for m in found)


@override_settings(SCHEMA_MIGRATIONS={"other": {}})
def test_another_alias_needs_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings, "other", {})
    with pytest.raises(ConfigError, match="other"):
        read_settings("other")
    assert read_settings("other", directory=tmp_path).directory == tmp_path


def test_a_url_is_no_path() -> None:
    (found,) = messages({"default": {"DIR": "file://migrations"}})
    assert "E004" in found
    assert "'file://migrations'. It must be a path" in found
    assert messages({"default": {"DIR": "C://migrations"}}) == []


@pytest.mark.parametrize(
    ("entry", "end"),
    [
        ({"DIR": "file://migrations"}, "a path. Write migrations, without file://."),
        (
            {"DIR": "FILE:///srv/a%20b?format=atlas"},
            " Write /srv/a b, without file://.",
        ),
        ({"DIR": "file://"}, "It must be a path."),
        ({"DIR": "postgres://h/db"}, "It must be a path."),
        ({"EXTRA": ["a", "file://sql"]}, '"sql"]. Write sql, without file://.'),
        (
            {"EXTRA": ("file://a", 1, "file://b")},
            "Write a, without file://. Write b, without file://.",
        ),
        ({"EXTRA": "file://sql"}, '"sql"]. Write sql, without file://.'),
        ({"APPS": "file://sql"}, "None or a list of app labels."),
    ],
)
def test_a_url_of_a_file_is_told_as_a_path(entry: dict[str, object], end: str) -> None:
    (found,) = messages({"default": entry})
    assert found.endswith(end)
