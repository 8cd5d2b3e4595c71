"""Files of other tools: the part that undoes the rest is found, and nothing else."""

from __future__ import annotations

import pytest

from schema_migrations.history.file import MigrationFile
from schema_migrations.history.foreign_files import (
    find_undoing_part,
    is_undoing_file,
)

UNDONE = [
    # goose: https://pressly.github.io/goose/documentation/annotations/
    (
        "-- +goose Up\nCREATE TABLE a (id int);\n\n-- +goose Down\nDROP TABLE a;\n",
        ("goose", 4, "-- +goose Down"),
    ),
    (
        "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose StatementEnd\n"
        "-- +goose Down\n-- +goose StatementBegin\nSELECT 2;\n-- +goose StatementEnd\n",
        ("goose", 5, "-- +goose Down"),
    ),
    (
        "--+GOOSE UP\r\nSELECT 1;\r\n--+GOOSE DOWN\r\nSELECT 2;\r\n",
        ("goose", 3, "--+GOOSE DOWN"),
    ),
    # dbmate: https://github.com/amacneil/dbmate#usage
    (
        "-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down transaction:false\nSELECT 2;",
        ("dbmate", 3, "-- migrate:down transaction:false"),
    ),
    # sql-migrate: https://github.com/rubenv/sql-migrate#writing-migrations
    (
        "-- +migrate Up\nSELECT 1;\n  -- +migrate Down\nSELECT 2;\n",
        ("sql-migrate", 3, "-- +migrate Down"),
    ),
    (
        "-- +goose Down\nSELECT 2;\n-- +goose Up\nSELECT 1;",
        ("goose", 1, "-- +goose Down"),
    ),
]
KEPT = [
    "CREATE TABLE a (id int);",
    "-- +goose Up\nCREATE TABLE a (id int);",
    "-- migrate:up\nCREATE TABLE a (id int);\n\n-- migrate:down\n\n-- Nothing to undo.\n",
    "-- migrate:down is what dbmate writes\nCREATE TABLE a (id int);",
    "-- +goose Up\nSELECT 1;\n-- +goose Downwards\nSELECT 2;",
    "-- +goose Up\nSELECT '-- +goose Down' AS text;",
]


@pytest.mark.parametrize(("text", "expected"), UNDONE)
def test_the_part_that_undoes_is_found(
    text: str, expected: tuple[str, int, str]
) -> None:
    part = find_undoing_part(MigrationFile(name="1.sql", content=text.encode()))

    assert part is not None
    assert (part.tool, part.line, part.marker) == expected


@pytest.mark.parametrize("text", KEPT)
def test_other_files_are_not_refused(text: str) -> None:
    assert find_undoing_part(MigrationFile(name="1.sql", content=text.encode())) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("000001_a.down.sql", True),
        ("20240101000000_a.down.sql", True),
        ("U1__a.sql", True),
        ("U2.1__a.sql", True),
        ("000001_a.up.sql", False),
        ("1_touchdown.sql", False),
        ("1_down.sql", False),
        ("V1__a.sql", False),
        ("U_a.sql", False),
        ("Users__a.sql", False),
    ],
)
def test_names_of_files_that_undo(name: str, expected: bool) -> None:
    assert is_undoing_file(name) is expected
