"""Make a site of these pages: ``sh scripts/docs.sh``.

The pages are Markdown that is read on GitHub as well, so nothing in them is Sphinx's own:
the sidebar is made from the links of the pages that list others.
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version as get_version
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.sql import PostgresLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_project = tomllib.loads(Path("../pyproject.toml").read_text())["project"]

project = _project["name"]
version = release = get_version(project)
html_title = f"{project} {version}"
html_theme = "furo"
html_theme_options = {
    "source_repository": _project["urls"]["Source"],
    "source_branch": "main",
    "source_directory": "docs/",
}
html_copy_source = False
html_use_index = False
extensions = ["myst_parser"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4
"""As on GitHub, every heading can be linked to."""
LISTING_PAGES = ("index", "reference/changes")
"""Pages whose links say which pages there are, and in which order."""


def make_sidebar(app: Sphinx, page: str, source: list[str]) -> None:
    """Append a hidden table of contents for each section of a page that lists others."""
    if page not in LISTING_PAGES:
        return
    for section in re.split(r"^## ", source[0], flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        links = dict.fromkeys(re.findall(r"\]\(([\w./-]+)\.md\)", section))
        if links:
            caption = f":caption: {title}\n" if page == "index" else ""
            lines = "\n".join(links)
            source[0] += f"\n```{{toctree}}\n:hidden:\n{caption}\n{lines}\n```\n"


def setup(app: Sphinx) -> None:
    app.connect("source-read", make_sidebar)
    # Pygments' own "sql" does not know the $$ of PostgreSQL.
    app.add_lexer("sql", PostgresLexer)
