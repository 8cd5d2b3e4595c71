"""``changelog.d`` holds one file for each entry; a release puts them into the changelog."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fixtures.commands import REPOSITORY
from tests.fixtures.skips import skip_missing

FOLDER = REPOSITORY / "changelog.d"
ENTRIES = [path for path in FOLDER.iterdir() if path.name != ".gitignore"]
NAME = re.compile(r"(\d+|\+[a-z0-9-]+)\.(added|changed|fixed|removed)\.md")


def test_towncrier_sees_every_entry() -> None:
    """It passes over other names silently."""
    assert [path.name for path in ENTRIES if not NAME.fullmatch(path.name)] == []


def test_an_entry_is_the_text_of_one_item() -> None:
    for path in ENTRIES:
        assert re.match(r"[A-Z`].*\.\n\Z", path.read_text(), re.DOTALL), path.name


@pytest.mark.slow("a process")
def test_a_release_moves_the_entries_into_the_changelog(tmp_path: Path) -> None:
    if find_spec("towncrier") is None:
        skip_missing("towncrier (dependency group release)")
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(FOLDER, tmp_path / FOLDER.name)
    for name in ("7.fixed.md", "+word.removed.md"):
        (tmp_path / FOLDER.name / name).write_text(f"The text of {name}.\n")
    words = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", "9.8.7"]
    done = subprocess.run(
        [*words, "--date", "2030-01-02"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((tmp_path / FOLDER.name).glob("*.md"))
    before = (REPOSITORY / "CHANGELOG.md").read_text()
    start = "<!-- towncrier release notes start -->\n"
    head, _, rest = before.partition(start)
    after = (tmp_path / "CHANGELOG.md").read_text()
    assert after.startswith(f"{head}{start}\n## 9.8.7 - 2030-01-02\n\n### ")
    assert after.endswith(rest)
    new = after.removeprefix(head + start).removesuffix(rest)
    link = r"\(\[#7\]\(https://github\.com/\S+/issues/7\)\)"
    assert re.search(
        rf"^### Fixed\n\n(- .*\n)*- The text of 7.fixed.md. {link}$", new, re.MULTILINE
    )
    assert re.search(
        r"^### Removed\n\n(- .*\n)*- The text of \+word.removed.md.$", new, re.MULTILINE
    )
    for path in ENTRIES:
        assert path.read_text().splitlines()[0] in new
