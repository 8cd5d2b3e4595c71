"""The version is the newest tag, wherever the package is built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.version import Version

from schema_migrations.version import VERSION
from tests.fixtures.commands import REPOSITORY
from tests.fixtures.skips import skip_missing

FILES = ["pyproject.toml", ".gitattributes", ".git_archival.txt"]
"""What says how a version is found."""
NOBODY = {"NAME": "x", "EMAIL": "x@example.org"}


def test_the_version_is_a_version() -> None:
    assert str(Version(VERSION)) == VERSION


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with one commit and no tag."""
    if find_spec("setuptools_scm") is None:
        skip_missing("setuptools-scm (dependency group release)")
    for name in FILES:
        if not (REPOSITORY / name).exists():
            skip_missing(f"{name}: an sdist does without it")
        shutil.copy(REPOSITORY / name, tmp_path)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=first")
    return tmp_path


@pytest.mark.slow("processes")
def test_without_a_tag_it_is_a_development_version(clone: Path) -> None:
    assert version(clone).startswith("0.1.0.dev1+g")
    assert version(archive(clone, "HEAD")) == "0.1.0.dev0"


@pytest.mark.slow("processes")
def test_a_tag_is_the_version(clone: Path) -> None:
    git(clone, "tag", "v1.2.3")
    assert version(clone) == "1.2.3"
    assert version(archive(clone, "HEAD")) == "1.2.3"


@pytest.mark.slow("processes")
def test_after_a_tag_the_next_version_is_in_development(clone: Path) -> None:
    git(clone, "tag", "--annotate", "--message=x", "v1.2.3")
    git(clone, "commit", "--quiet", "--allow-empty", "--message=second")
    assert version(clone).startswith("1.2.4.dev1+g")
    assert version(archive(clone, "HEAD")).startswith("1.2.4.dev1+g")


def archive(clone: Path, commit: str) -> Path:
    """Return a folder with what ``git archive`` gives, which is no repository."""
    place = clone / "archive"
    place.mkdir()
    git(clone, "archive", "--output=archive/all.tar", commit)
    shutil.unpack_archive(place / "all.tar", place, filter="data")
    return place


def version(place: Path) -> str:
    words = [sys.executable, "-m", "setuptools_scm", "--root", "."]
    # The folder of an archive is inside of a repository, which must not be asked.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(place.parent)}
    return _run(words, place, environment)


def git(place: Path, *words: str) -> str:
    names = {
        f"GIT_{who}_{k}": v
        for who in ("AUTHOR", "COMMITTER")
        for k, v in NOBODY.items()
    }
    environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull}
    return _run(["git", *words], place, environment)


def _run(words: list[str], place: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        words, cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()
