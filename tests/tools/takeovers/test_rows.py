"""Rows are compared column by column; what a list leaves out is not."""

from __future__ import annotations

import pytest

from tools.takeovers.rows import (
    Rows,
    count_rows,
    find_different_rows,
    find_unknown_columns,
    without_rows_of_ours,
)

TWO: Rows = {
    "kind": ({"id": 1, "name": "a"}, {"id": 2, "name": "b"}),
    "token": ({"id": 1, "key": "x", "made": "12:00"},),
    "void": (),
}


def differences(ours: Rows, *left_out: str) -> list[str]:
    return [*find_different_rows(TWO, ours, left_out=left_out)]


def test_the_order_of_rows_is_no_difference() -> None:
    assert differences({**TWO, "kind": TWO["kind"][::-1]}) == []


def test_a_missing_row_is_named_with_its_columns() -> None:
    assert differences({**TWO, "kind": TWO["kind"][:1]}) == [
        "kind: 2 and 1 rows, 1 and 0 of them alone; columns: id, name"
    ]


def test_a_row_that_occurs_twice_is_a_difference() -> None:
    assert differences({**TWO, "kind": (*TWO["kind"], TWO["kind"][0])}) == [
        "kind: 2 and 3 rows, 0 and 1 of them alone; columns: id, name"
    ]


def test_values_that_belong_to_another_row_are_a_difference() -> None:
    crossed = ({"id": 2, "name": "a"}, {"id": 1, "name": "b"})
    assert differences({**TWO, "kind": crossed}) == [
        "kind: 2 and 2 rows, 2 and 2 of them alone; columns: none by itself"
    ]


def test_a_table_that_is_not_there_has_no_rows() -> None:
    (found,) = differences({"kind": TWO["kind"]})
    assert found.startswith("token: 1 and 0 rows")


@pytest.mark.parametrize(
    ("left_out", "differs"),
    [((), "key, made"), (("token.made",), "key"), (("token.made", "token.key"), "")],
)
def test_what_is_listed_is_not_compared(
    left_out: tuple[str, ...], differs: str
) -> None:
    ours = {**TWO, "token": ({"id": 1, "key": "y", "made": "13:00"},)}
    found = differences(ours, *left_out)
    assert [each.rpartition(": ")[2] for each in found] == (
        [differs] if differs else []
    )


def test_a_listed_column_of_another_table_is_compared() -> None:
    ours = {**TWO, "token": ({"id": 1, "key": "y", "made": "12:00"},)}
    assert len(differences(ours, "kind.key")) == 1


def test_what_is_listed_and_not_there_is_named() -> None:
    listed = ["token.key", "token.secret", "tokens.key"]
    assert [*find_unknown_columns(TWO, listed)] == ["token.secret", "tokens.key"]


def test_empty_tables_are_not_counted() -> None:
    assert count_rows(TWO) == {"kind": 2, "token": 1}


def test_what_signals_make_of_this_package_is_left_out() -> None:
    theirs: Rows = {
        "django_content_type": ({"id": 1, "app_label": "shop"},),
        "auth_permission": ({"id": 1, "content_type_id": 1},),
        "shop_order": ({"id": 1},),
    }
    ours: Rows = {
        **theirs,
        "django_content_type": (
            *theirs["django_content_type"],
            {"id": 2, "app_label": "schema_migrations"},
        ),
        "auth_permission": (
            *theirs["auth_permission"],
            {"id": 2, "content_type_id": 2},
        ),
    }
    assert without_rows_of_ours(ours) == theirs
