"""What is documented exists, and what exists is documented."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from schema_migrations.conf import SETTING_KEYS
from schema_migrations.management.output.events import EVENT_NAMES
from tools.docs.blocks import find_blocks
from tools.docs.errors import list_errors
from tools.docs.reference import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
DOCS = ROOT / "docs"
PAGES = sorted(ROOT.glob("docs/**/*.md")) + sorted(ROOT.glob("*.md"))


@cache
def sections(page: Path) -> dict[str, str]:
    """Return heading → text of a page's second-level sections."""
    _, *parts = re.split(r"^## ", page.read_text(), flags=re.MULTILINE)
    return {part.splitlines()[0]: part for part in parts}


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    headings = {name for name in sections(REFERENCE / "commands.md") if name.islower()}
    assert headings == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_section_of_a_command_has_its_options(command: str) -> None:
    section = sections(REFERENCE / "commands.md")[command]
    assert find_blocks(section) == [f"options of {command}"]


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    parts = sections(REFERENCE / "settings.md")
    documented = {name for name in parts if name.isupper()}
    reserved = set(re.findall(r"^\| `(\w+)` \|", parts["Reserved"], re.MULTILINE))
    assert documented == {
        name for name, key in SETTING_KEYS.items() if not key.is_unused
    }
    assert reserved == {name for name, key in SETTING_KEYS.items() if key.is_unused}


def test_every_system_check_is_documented_and_the_reverse() -> None:
    source = "".join(p.read_text() for p in ROOT.glob("schema_migrations/*.py"))
    text = sections(REFERENCE / "settings.md")["System checks"]
    documented = set(re.findall(r"^\| ([EWI]\d{3}) \|", text, re.MULTILINE))
    assert documented == set(re.findall(r"\"([EWI]\d{3})\"", source))


def test_every_exit_code_of_an_error_is_documented() -> None:
    text = sections(REFERENCE / "commands.md")["Exit codes"]
    codes = {str(error.exit_code) for error in list_errors()}
    assert codes <= set(re.findall(r"^\| (\d) \|", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]*)(#[^)\s]*)?\)", page.read_text()):
        target, anchor = link
        if "://" in target:
            continue
        place = (page.parent / target) if target else page
        assert place.exists(), f"{page}: {target}"
        if anchor and place.suffix == ".md":
            assert anchor[1:] in anchors(place), f"{page}: {target}{anchor}"


def test_links_of_the_site_stay_in_it() -> None:
    """A page that is no part of ``docs`` is linked to where it is, on GitHub."""
    pages = [page for page in PAGES if page.is_relative_to(DOCS)]
    assert len(pages) > 15
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            place = (page.parent / target).resolve()
            assert "://" in target or place.is_relative_to(DOCS), f"{page}: {target}"


def test_every_page_is_in_a_list_of_pages() -> None:
    """The sidebar of the site is made from these lists."""
    listed = {
        (DOCS / lister).parent / target
        for lister in ("index.md", "reference/changes.md")
        for target in re.findall(r"\]\(([^)#:]+\.md)\)", (DOCS / lister).read_text())
    }
    assert listed | {DOCS / "index.md"} == set(DOCS.rglob("*.md"))


def anchors(page: Path) -> set[str]:
    """Return the anchors that hosts of Markdown make of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    kept = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_named_in_the_pages_exist(page: Path) -> None:
    named = set(re.findall(r"manage\.py (schema\w+)", page.read_text()))
    assert named <= set(COMMANDS)


def test_every_event_of_the_log_is_described_with_its_fields() -> None:
    text = sections(REFERENCE / "json.md")["schemaapply"]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| ([^|]*) \|$", text, re.MULTILINE))
    for kind, name in EVENT_NAMES.items():
        told = set(re.findall(r"`([a-z_]+)`", rows[name]))
        assert {field.name for field in fields(kind)} <= told, name
    assert rows.keys() == {*EVENT_NAMES.values(), "failed", "target_ended"}
