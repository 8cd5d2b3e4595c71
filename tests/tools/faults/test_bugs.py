"""Planted bugs fit the package as it is; where one does not, that is an error."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fixtures.commands import REPOSITORY
from tools.faults.bugs import BUGS, Bug, BugMisfit, plant_bug


def copy_module(bug: Bug, folder: Path) -> Path:
    """Copy the module that a bug changes, and return the copy."""
    copy = folder / bug.module
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "schema_migrations" / bug.module, copy)
    return copy


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_changes_a_module_that_python_still_reads(
    bug: Bug, tmp_path: Path
) -> None:
    copy = copy_module(bug, tmp_path)
    before = copy.read_text()
    plant_bug(bug, tmp_path)
    assert copy.read_text() != before
    compile(copy.read_text(), bug.module, "exec")


def test_a_bug_that_no_longer_fits_is_named(tmp_path: Path) -> None:
    bug = replace(BUGS[0], right="what nobody has written\n")
    copy = copy_module(bug, tmp_path)
    before = copy.read_text()
    with pytest.raises(BugMisfit, match=rf"'{bug.name}' no longer fits: {bug.module}"):
        plant_bug(bug, tmp_path)
    assert copy.read_text() == before
