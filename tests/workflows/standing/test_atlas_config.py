"""An ``atlas.hcl`` beside the settings: where do they differ?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schema_migrations.conf import Settings, settings_from_entry
from schema_migrations.workflows.standing.atlas_config import find_config_differences


def find(
    folder: Path, text: str, **entries: dict[str, Any]
) -> list[tuple[str, str, str, str, str | None]]:
    """Return (alias, environment, attribute, said, value) for each difference."""
    (folder / "atlas.hcl").write_text(text)

    def read_all() -> dict[str, Settings]:
        entries.setdefault("default", {})
        return {
            alias: settings_from_entry(entry, base=folder)
            for alias, entry in entries.items()
        }

    return [
        (each.alias, each.environment, each.attribute, each.said, each.value)
        for each in find_config_differences(folder, read_all)
    ]


def env(name: str, *lines: str) -> str:
    inside = "\n".join(lines)
    return f'env "{name}" {{\n  migration {{\n{inside}\n}}\n}}\n'


def test_without_the_file_nothing_is_read(tmp_path: Path) -> None:
    def read_all() -> dict[str, Settings]:
        raise AssertionError

    assert find_config_differences(tmp_path, read_all) == ()


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ('dir = "file://migrations"',),
        ('dir = "file://migrations?format=atlas"', "exec_order = LINEAR"),
        ('exec_order = "linear"', 'tx_mode = "file"'),
        ('revisions_schema = "public"',),
        ("dir = var.dir", "exec_order = local.order", "revisions_schema = null"),
        ('dir = "atlas://shop"',),
        ('dir = "file://${var.dir}"',),
    ],
)
def test_what_says_the_same_or_nothing(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert find(tmp_path, env("prod", *lines)) == []


@pytest.mark.parametrize(
    ("line", "attribute", "said", "value"),
    [
        ('dir = "file://sql"', "dir", "file://sql", "migrations"),
        ("exec_order = NON_LINEAR", "exec_order", "NON_LINEAR", "linear"),
        ('exec_order = "linear-skip"', "exec_order", "linear-skip", "linear"),
        ('tx_mode = "all"', "tx_mode", "all", "file"),
        ('revisions_schema = "own"', "revisions_schema", "own", None),
    ],
)
def test_each_difference(
    line: str, attribute: str, said: str, value: str | None, tmp_path: Path
) -> None:
    found = find(tmp_path, env("prod", line))
    assert found == [("default", "prod", attribute, said, value)]


def test_the_settings_may_say_more_than_the_defaults(tmp_path: Path) -> None:
    entry = {
        "DIR": tmp_path / "sql" / "shop",
        "EXEC_ORDER": "linear-skip",
        "TX_MODE": "none",
        "REVISIONS_SCHEMA": "own",
    }
    same = env(
        "prod",
        'dir = "file://sql/../sql/shop"',
        "exec_order = LINEAR_SKIP",
        'tx_mode = "none"',
        'revisions_schema = "own"',
    )
    assert find(tmp_path, same, default=entry) == []
    found = find(tmp_path, env("prod"), default=entry)
    assert found == [
        ("default", "prod", "dir", "file://migrations", str(Path("sql", "shop")))
    ]


@pytest.mark.parametrize("line", ["", 'dir = "file://./migrations"'])
@pytest.mark.parametrize(
    ("attribute", "default", "setting", "value"),
    [
        ("revisions_schema", "", "REVISIONS_SCHEMA", "own"),
        ("exec_order", "linear", "EXEC_ORDER", "non-linear"),
        ("tx_mode", "file", "TX_MODE", "all"),
    ],
)
def test_what_is_left_out_is_what_atlas_takes(
    attribute: str, default: str, setting: str, value: str, line: str, tmp_path: Path
) -> None:
    entry = {setting: value}
    assert find(tmp_path, env("prod", line), default=entry) == [
        ("default", "prod", attribute, default, value)
    ]
    for unknown in ("dir = var.dir", f"{attribute} = var.a", 'dir = "file://logs"'):
        found = find(tmp_path, env("prod", unknown), default=entry)
        assert attribute not in [each[2] for each in found]
    both = env("local", line) + env("prod", f'{attribute} = "{value}"')
    assert find(tmp_path, both, default=entry) == []


@pytest.mark.parametrize("schema", [None, "public", "atlas_schema_revisions"])
def test_where_atlas_may_keep_its_revisions_by_itself(
    schema: str | None, tmp_path: Path
) -> None:
    """The URL decides, which is not read."""
    assert find(tmp_path, env("prod"), default={"REVISIONS_SCHEMA": schema}) == []


def test_one_environment_that_says_the_same_settles_it(tmp_path: Path) -> None:
    """The others are for other databases."""
    text = env("local", "exec_order = NON_LINEAR") + env("prod", "exec_order = LINEAR")
    assert find(tmp_path, text) == []
    other = env("logs", 'dir = "file://logs"', 'revisions_schema = "logs"')
    assert find(tmp_path, other + env("prod")) == []


def test_an_alias_is_compared_with_the_environments_of_its_folder(
    tmp_path: Path,
) -> None:
    text = env("shop", 'tx_mode = "all"') + env(
        "logs", 'dir = "file://logs"', "exec_order = NON_LINEAR"
    )
    assert find(tmp_path, text, logs={"DIR": "logs", "EXEC_ORDER": "non-linear"}) == [
        ("default", "shop", "tx_mode", "all", "file")
    ]
    assert find(tmp_path, text, logs={"DIR": "logs"}) == [
        ("logs", "logs", "exec_order", "NON_LINEAR", "linear"),
        ("default", "shop", "tx_mode", "all", "file"),
    ]


def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert find(tmp_path, "}") == []
    (tmp_path / "atlas.hcl").write_bytes(b"\xff\xfe env")
    assert find_config_differences(tmp_path, dict) == ()
