"""Which Django migrations the files of a directory cover."""

from __future__ import annotations

import pytest

from schema_migrations.history.django_coverage import (
    MigrationNode,
    MigrationNodes,
    find_leaves,
    find_uncovered,
    find_unknown,
    format_coverage_line,
    order_active,
    read_coverage,
)
from schema_migrations.history.file import MigrationFile, format_file


def chain(*names: str) -> MigrationNodes:
    """Return migrations that follow one another."""
    nodes: dict[str, MigrationNode] = {}
    before: tuple[str, ...] = ()
    for name in names:
        nodes[name] = MigrationNode(parents=before)
        before = (name,)
    return nodes


ABC = chain("a", "b", "c")
SQUASHED = {
    **ABC,
    "a_to_b": MigrationNode(replaces=("a", "b")),
    "c": MigrationNode(parents=("a_to_b",)),
}
CLEANED = {
    "a_to_b": MigrationNode(replaces=("a", "b")),
    "c": MigrationNode(parents=("b",)),
}
BRANCHES = {
    "a": MigrationNode(),
    "b": MigrationNode(parents=("a",)),
    "c": MigrationNode(parents=("a",)),
}
SETTLED = {
    "a_squashed_b": MigrationNode(),
    "c": MigrationNode(parents=("a_squashed_b",)),
}
"""As CLEANED, after Django's last step: without ``replaces``."""
TWICE = {
    **chain("a", "b"),
    "a_to_b": MigrationNode(replaces=("a", "b")),
    "all": MigrationNode(replaces=("a_to_b",)),
}


@pytest.mark.parametrize(
    ("nodes", "names", "left"),
    [
        (ABC, [], ["a", "b", "c"]),
        (ABC, ["b"], ["c"]),
        (ABC, ["c"], []),
        (ABC, ["c", "a"], []),
        (ABC, ["b", "gone"], ["c"]),
        (ABC, ["gone"], ["a", "b", "c"]),
        ({}, [], []),
        ({}, ["gone"], []),
        (BRANCHES, ["b"], ["c"]),
        (BRANCHES, ["b", "c"], []),
        (SQUASHED, [], ["a_to_b", "c"]),
        (SQUASHED, ["b"], ["c"]),
        (SQUASHED, ["a"], ["b", "c"]),
        (SQUASHED, ["a_to_b"], ["c"]),
        (CLEANED, ["b"], ["c"]),
        (CLEANED, ["a"], ["a_to_b", "c"]),
        (CLEANED, ["c"], []),
        (SETTLED, ["b"], ["c"]),
        (SETTLED, ["a"], ["a_squashed_b", "c"]),
        (ABC, ["a_squashed_b"], ["c"]),
        (TWICE, ["b"], []),
        (TWICE, ["a"], ["b"]),
        (TWICE, [], ["all"]),
    ],
)
def test_what_comes_after_the_recorded_ones(
    nodes: MigrationNodes, names: list[str], left: list[str]
) -> None:
    """A squashed migration is covered with what it replaces; what is unknown is not."""
    assert list(find_uncovered(nodes, names)) == left


@pytest.mark.parametrize(
    ("nodes", "last"),
    [
        (ABC, ["c"]),
        (BRANCHES, ["b", "c"]),
        (SQUASHED, ["c"]),
        (TWICE, ["all"]),
        ({}, []),
    ],
)
def test_the_last_ones(nodes: MigrationNodes, last: list[str]) -> None:
    assert list(find_leaves(nodes)) == last


def test_the_order_is_that_of_their_dependencies() -> None:
    nodes = {
        "z": MigrationNode(),
        "a": MigrationNode(parents=("z",)),
        "m": MigrationNode(parents=("a",)),
    }
    assert order_active(nodes) == ("z", "a", "m")


def test_a_long_history_is_no_matter() -> None:
    names = [f"{number:04}" for number in range(2000)]
    assert find_uncovered(chain(*names), ["1998"]) == ("1999",)


def test_a_circle_is_an_error() -> None:
    with pytest.raises(ValueError, match="circle: a, b, a"):
        order_active(
            {"a": MigrationNode(parents=("b",)), "b": MigrationNode(parents=("a",))}
        )


@pytest.mark.parametrize(
    ("nodes", "names", "which"),
    [
        (ABC, ("c",), ""),
        (ABC, (), ""),
        (ABC, ("b", "later"), "later"),
        (ABC, ("later", "b"), ""),
        (CLEANED, ("b",), ""),
        (SETTLED, ("b",), ""),
        (SETTLED, ("a",), "a"),
        (ABC, ("a_squashed_b",), ""),
        (ABC, ("a_squashed_z",), "a_squashed_z"),
    ],
)
def test_a_name_that_nothing_installed_has(
    nodes: MigrationNodes, names: tuple[str, ...], which: str
) -> None:
    """Only the last one is of interest: packages rewrite their histories."""
    assert find_unknown(nodes, names) == which


def file(text: str) -> MigrationFile:
    return MigrationFile(name="1.sql", content=text.encode())


def test_lines_are_read_from_the_header_of_every_file() -> None:
    first = file("-- Words.\r\n-- django: shop 0001_initial\r\n\r\nSELECT 1;\r\n")
    second = file("-- django: blog 0003_x\n\n--django:  shop  0002_more \nSELECT 1;")

    found = read_coverage([first, file(""), second])

    assert found == {"shop": ("0001_initial", "0002_more"), "blog": ("0003_x",)}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;\n-- django: shop 0001_initial\n",
        "SELECT '\n-- django: shop 0001_initial\n';",
        "-- django: the framework is not an app\n",
        "-- see django: shop 0001_initial\n",
        "-- django: shop\n",
    ],
)
def test_nothing_else_is_taken_for_such_a_line(text: str) -> None:
    assert read_coverage([file(text)]) == {}


def test_a_line_that_was_written_is_read_again() -> None:
    header = ("Words.", format_coverage_line("shop", "0001_initial"))
    text = format_file(header=header, statements=[("one", "SELECT 1")], txmode="none")
    assert read_coverage([file(text)]) == {"shop": ("0001_initial",)}
