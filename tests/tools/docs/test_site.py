"""A link of the built site that leads nowhere is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.docs.site import find_broken_links, main


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "more").mkdir()
    (tmp_path / "style.css").touch()
    (tmp_path / "more" / "b.html").write_text(
        '<h1 id="über">B</h1><a href="../a.html">'
    )
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "more/b.html",
        "more/b.html#%C3%BCber",
        "#here",
        "#",
        "style.css?v=1",
        "https://example.org/nowhere",
        "mailto:somebody@example.org",
    ],
)
def test_a_link_that_leads_somewhere(site: Path, link: str) -> None:
    (site / "a.html").write_text(f'<p id="here"><a href="{link}">x</a>')
    assert list(find_broken_links(site)) == []
    assert main([str(site)]) == 0


@pytest.mark.parametrize(
    "link", ["c.html", "more/b.html#here", "#there", "more", "style.css/a", "../x.css"]
)
def test_a_link_that_leads_nowhere(site: Path, link: str) -> None:
    (site / "a.html").write_text(f'<p id="here"><a href="{link}">x</a>')
    assert list(find_broken_links(site)) == [(Path("a.html"), link)]
    assert main([str(site)]) == 1


def test_a_site_without_pages_is_no_site(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1
