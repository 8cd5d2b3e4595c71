"""``ARCHITECTURE.md`` names every folder of the package, and nothing that is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "schema_migrations"
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
INSIDE = {"management/commands", "takeover/management", "takeover/management/commands"}
"""Folders that Django prescribes: their parent's line covers them."""


def test_the_map_names_every_folder() -> None:
    named = set(re.findall(r"^\| `([a-z_/]+)/` \|", TEXT, re.MULTILINE))
    folders = {
        path.parent.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.parent != PACKAGE
    }
    assert named == folders - INSIDE


def test_paths_lead_somewhere() -> None:
    paths = set(re.findall(r"`([a-z_]+/[a-z_/]*[a-z_]+(?:\.py)?)/?`", TEXT))
    assert len(paths) > 20
    places = [ROOT, PACKAGE]
    lost = {
        path
        for path in paths
        if not any(
            (place / path).exists() or (place / f"{path}.py").exists()
            for place in places
        )
    }
    assert lost == set()


def test_modules_beside_the_folders_are_named() -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith("Modules beside"))
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert set(re.findall(r"`(\w+)`", line)) == modules


def test_no_module_is_too_long() -> None:
    """The limit that ``CONTRIBUTING.md`` names; ruff looks at the others."""
    (limit,) = re.findall(
        r"A module has (\d+) lines at most", (ROOT / "CONTRIBUTING.md").read_text()
    )
    modules = [*PACKAGE.rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    lines = {path: len(path.read_text().splitlines()) for path in modules}
    assert {path: n for path, n in lines.items() if n > int(limit)} == {}


def test_the_limits_of_functions_are_those_that_ruff_has() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    limits = lint["mccabe"] | lint["pylint"]
    said = (
        f"a function {limits['max-statements']} statements, {limits['max-args']}"
        f" arguments and a complexity of {limits['max-complexity']}"
    )
    assert said in (ROOT / "CONTRIBUTING.md").read_text()
