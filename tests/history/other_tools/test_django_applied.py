"""Which files a database has, by what ``migrate`` recorded in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from schema_migrations.errors import MigrationsNotRun, MigrationsWithoutFile
from schema_migrations.history.django_coverage import MigrationNode
from schema_migrations.history.file import MigrationFile
from schema_migrations.history.other_tools.django_applied import find_applied_files

NODES = {
    "shop": {
        "1": MigrationNode(),
        "2": MigrationNode(parents=("1",)),
        "3": MigrationNode(parents=("2",)),
        "4_squashed_5": MigrationNode(parents=("3",), replaces=("4", "5")),
    },
    "blog": {"1": MigrationNode(), "2": MigrationNode(parents=("1",))},
}


def make_file(version: str, origin: str, *covered: str) -> MigrationFile:
    lines = [
        f"-- from: django {origin} (x)",
        *(f"-- django: {each}" for each in covered),
    ]
    text = "\n".join([*lines, "", "SELECT 1;", ""])
    return MigrationFile(name=f"{version}.sql", content=text.encode())


FILES = (
    make_file("1", "initial", "blog 1", "shop 2"),
    make_file("2", "blog.2", "blog 2"),
    make_file("3", "shop.3", "shop 3"),
    make_file("4", "shop.4_squashed_5", "shop 4_squashed_5"),
    MigrationFile(name="5_by_hand.sql", content=b"SELECT 1;"),
)


def versions_of(applied: Mapping[str, Sequence[str]]) -> str:
    return "".join(f.version for f in find_applied_files(FILES, applied, NODES))


@pytest.mark.parametrize(
    ("shop", "blog", "has"),
    [
        ("", "", ""),
        ("1 2", "1", "1"),
        ("1 2 3", "1", "13"),
        ("1 2 3 4", "1 2", "123"),
        ("1 2 3 4 5", "1 2", "1234"),
        ("1 2 3 4_squashed_5", "1 2", "1234"),
        ("0_gone 1 2", "1", "1"),
    ],
)
def test_a_file_counts_if_all_of_it_ran(shop: str, blog: str, has: str) -> None:
    assert (
        versions_of({"shop": shop.split(), "blog": blog.split(), "other": ["1"]}) == has
    )


@pytest.mark.parametrize(
    ("shop", "blog", "lacks"),
    [("1", "1", ("shop.2",)), ("1 2", "", ("blog.1",)), ("1 2 3", "", ("blog.1",))],
)
def test_a_part_of_the_first_file_is_refused(
    shop: str, blog: str, lacks: tuple[str, ...]
) -> None:
    with pytest.raises(MigrationsNotRun) as caught:
        versions_of({"shop": shop.split(), "blog": blog.split()})
    assert caught.value.migrations == lacks
    assert caught.value.file == "1.sql"


def test_what_ran_and_has_no_file_is_refused() -> None:
    ahead = {"shop": ["1", "2", "3", "6_new"], "blog": ["1"]}
    with pytest.raises(MigrationsWithoutFile) as caught:
        versions_of(ahead)
    assert caught.value.migrations == ("shop.6_new",)
    nodes = {"shop": {**NODES["shop"], "6": MigrationNode(parents=("4_squashed_5",))}}
    with pytest.raises(MigrationsWithoutFile) as caught:
        find_applied_files(FILES, {"shop": ["1", "2", "3", "4", "5", "6"]}, nodes)
    assert caught.value.migrations == ("shop.6",)
    later = MigrationFile(name="9.sql", content=b"-- django: shop 6\n\nSELECT 1;\n")
    ran = {"shop": ["1", "2", "3", "4", "5", "6"], "blog": ["1"]}
    done = find_applied_files(
        (*FILES, later), ran, nodes | {"blog": NODES["blog"]}, known=[later]
    )
    assert [file.version for file in done] == ["1", "3", "4"]
