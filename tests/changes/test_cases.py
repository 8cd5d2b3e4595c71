"""Prove every case of ``docs/reference/changes`` and ``tests/cases/changes``.

Run with ``UPDATE_GOLDEN=1`` (and without ``-n``) to rewrite the plans in the pages, and
review them as a diff.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.changes.case import Case, read_cases
from tests.changes.proof import plan_case, prove_case
from tests.changes.scratch_servers import ScratchServer

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = (ROOT / "docs/reference/changes", ROOT / "tests/cases/changes")
CASES = [
    case
    for f in FOLDERS
    for page in sorted(f.glob("*.md"))
    for case in read_cases(page)
]


def list_parameters(vendor: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{case.page.stem}: {case.title}")
        for case in CASES
        if vendor in case.vendors
    ]


def check_case(server: ScratchServer, case: Case) -> None:
    vendor = server.engine.vendor
    if os.environ.get("UPDATE_GOLDEN") and not case.find_refusal(vendor):
        case = update_page(case, vendor, plan_case(server, case))
    prove_case(server, case)


def update_page(case: Case, vendor: str, plan: str) -> Case:
    """Write a plan into the case's page; return the case with it."""
    (now,) = (c for c in read_cases(case.page) if c.title == case.title)
    text = now.with_plan(vendor, plan)
    case.page.write_text(case.page.read_text().replace(f"## {now.text}", f"## {text}"))
    return Case(page=case.page, title=case.title, text=text)


@pytest.mark.parametrize("case", list_parameters("postgresql"))
def test_postgresql(case: Case, on_postgresql: ScratchServer) -> None:
    """The plan reads as the page says, keeps the rows, leads there and back."""
    check_case(on_postgresql, case)


@pytest.mark.parametrize("case", list_parameters("sqlite"))
def test_sqlite(case: Case, on_sqlite: ScratchServer) -> None:
    """The plan reads as the page says, keeps the rows, leads there and back."""
    check_case(on_sqlite, case)


def test_titles_differ() -> None:
    titles = [(case.page, case.title) for case in CASES]
    assert len(set(titles)) == len(titles)


INDEX = ROOT / "docs/reference/changes.md"


def test_the_index_names_every_case() -> None:
    start = "## Index\n"
    head, _, now = INDEX.read_text().partition(start)
    wanted = "".join(index_of(page) for page in sorted(FOLDERS[0].glob("*.md")))
    if os.environ.get("UPDATE_GOLDEN"):
        INDEX.write_text(f"{head}{start}{wanted}")
    else:
        assert now == wanted


def index_of(page: Path) -> str:
    title = page.read_text().partition("\n")[0].removeprefix("# ")
    link = f"changes/{page.name}"
    lines = [
        f"- [{c.title}]({link}#{anchor_of(c.title)})" for c in CASES if c.page == page
    ]
    return "\n".join(["", f"**[{title}]({link})**", "", *lines, ""])


def anchor_of(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
