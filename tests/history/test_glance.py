"""Names and times alone: what tells that a folder may have changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from schema_migrations.history.directory import rehash
from schema_migrations.history.glance import is_untouched
from schema_migrations.history.sums import SUM_FILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IGNORED = "-- atlas:sum ignore\n\nSELECT 3;\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "1_a.sql").write_text("SELECT 1;\n")
    (tmp_path / "2_b.sql").write_text("SELECT 2;\n")
    (tmp_path / "3_c.sql").write_text(IGNORED)
    (tmp_path / "._1_a.sql").write_text("left by an editor")
    rehash(tmp_path)
    for path in tmp_path.iterdir():
        os.utime(path, (1000, 1000))
    return tmp_path


def write_old(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (1000, 1000))


def test_a_folder_as_it_was_recorded_seems_intact(folder: Path) -> None:
    assert is_untouched(folder)
    assert is_untouched(rehash_empty(folder / "empty"))


def rehash_empty(folder: Path) -> Path:
    folder.mkdir()
    rehash(folder)
    return folder


def test_what_is_older_than_its_record_is_not_read(folder: Path) -> None:
    write_old(folder / "1_a.sql", "SELECT 4;\n")
    assert is_untouched(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "1_a.sql").write_text("SELECT 4;\n"),
        lambda folder: (folder / "1_a.sql").unlink(),
        lambda folder: (folder / "1_a.sql").rename(folder / "4_a.sql"),
        lambda folder: (folder / SUM_FILE).unlink(),
        lambda folder: write_old(folder / "4_d.sql", "SELECT 4;\n"),
        lambda folder: write_old(folder / "3_c.sql", "SELECT 4;\n"),
        lambda folder: write_old(folder / SUM_FILE, "h1:x\n1_a.sql h1:y\n"),
        lambda folder: write_old(folder / SUM_FILE, "<<<<<<< HEAD\n"),
        lambda folder: (folder / SUM_FILE).write_bytes(b"\xff"),
    ],
    ids=[
        "edited",
        "removed",
        "renamed",
        "no record",
        "added",
        "not ignored any more",
        "record edited",
        "record in conflict",
        "record not text",
    ],
)
def test_a_change_is_seen(folder: Path, change: Callable[[Path], object]) -> None:
    change(folder)
    assert not is_untouched(folder)


def test_names_without_a_clear_order_are_seen(folder: Path) -> None:
    (folder / "10_d.sql").write_text("SELECT 4;\n")
    rehash(folder)
    assert not is_untouched(folder)
    assert not is_untouched(folder / "missing")
