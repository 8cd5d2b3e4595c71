"""``README.md`` is also the package's page on PyPI, where relative links lead nowhere."""

from __future__ import annotations

import re
import tomllib

from tests.fixtures.commands import REPOSITORY
from tests.test_documentation import anchors

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
SOURCE = PROJECT["urls"]["Source"]
LINKS: list[tuple[str, str]] = re.findall(
    r"\]\((\S+?)\)|(?:src|href)=\"(\S+?)\"", (REPOSITORY / "README.md").read_text()
)
TARGETS = [markdown or html for markdown, html in LINKS]


def test_every_link_is_absolute() -> None:
    assert len(TARGETS) > 10
    assert [link for link in TARGETS if not link.startswith("https://")] == []


def test_links_into_the_repository_lead_somewhere() -> None:
    own = [link for link in TARGETS if link.startswith(SOURCE)]
    assert len(own) > 10
    for link in own:
        named = re.fullmatch(rf"{SOURCE}/(blob|tree)/main/([^#]+)(?:#(.+))?", link)
        assert named, link
        form, path, anchor = named.groups()
        place = REPOSITORY / path
        assert place.is_file() if form == "blob" else place.is_dir(), link
        assert anchor is None or anchor in anchors(place), link
