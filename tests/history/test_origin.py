"""Where a file was proved, as its header says, and files that belong elsewhere."""

from __future__ import annotations

import pytest

from schema_migrations.errors import FileOfOtherEngine
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.history.origin import (
    Destination,
    find_proving_engine,
    format_origin,
    refuse_other_engine,
)

MADE = "-- Made by django-schema-migrations 0.1.0, proved on SQLite 3.45.1.\n"


def file(text: str, name: str = "1_a.sql") -> MigrationFile:
    return MigrationFile(name=name, content=text.encode())


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        (f"-- Add table t.\n{MADE}\n\nSELECT 1;", "SQLite"),
        (f"-- atlas:txmode none\n\n{MADE}", "SQLite"),
        ("-- proved on PostgreSQL 17.4\nSELECT 1;", ""),
        ("-- proved on staging 2024-05-01 by Bob\nSELECT 1;", ""),
        (MADE.replace("\n", "\r\n"), "SQLite"),
        ("-- Made by django-schema-migrations 0.1.0.\nSELECT 1;", ""),
        ("-- This was proved on SQLite 3 by hand.\nSELECT 1;", ""),
        ("-- proved on production\nSELECT 1;", ""),
        (f"SELECT 1;\n{MADE}", ""),
        ("", ""),
    ],
)
def test_the_header_names_the_engine(text: str, engine: str) -> None:
    assert find_proving_engine(file(text)) == engine


@pytest.mark.parametrize("version", ["PostgreSQL 17.4", "SQLite 3.45.1"])
def test_what_is_written_is_read(version: str) -> None:
    text = format_file(header=[format_origin(version)], statements=[("", "SELECT 1")])
    assert find_proving_engine(file(text)) == version.partition(" ")[0]


def test_files_of_another_engine_are_named() -> None:
    files = [file("", "1.sql"), file(MADE, "2.sql"), file(MADE, "3.sql")]
    refuse_other_engine(files, Destination(name="here", engine="SQLite"))
    with pytest.raises(FileOfOtherEngine) as caught:
        refuse_other_engine(files, Destination(name="here", engine="PostgreSQL"))
    assert caught.value.message == (
        "2.sql and 1 more file were proved on SQLite, but here is a PostgreSQL database."
    )
    assert caught.value.files == ("2.sql", "3.sql")
    assert "DIR" in caught.value.hint
