"""A source distribution that is there is not downloaded again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.sources import fetch_source

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_is_kept_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_CACHE", str(tmp_path))
    for kept in ("source-9.9", "tests-9.9"):
        (tmp_path / "no-such-project" / kept).mkdir(parents=True)
    for part, kept in ((".", "source-9.9"), ("tests", "tests-9.9")):
        found = fetch_source("no-such-project", "9.9", part=part, python="no-python")
        assert found == tmp_path / "no-such-project" / kept
