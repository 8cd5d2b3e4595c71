"""Which data operations wait for a word, and what the file says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db.migrations import Migration

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.errors import AcknowledgementNeeded, ConfigError
from schema_migrations.history.django_coverage import read_coverage
from schema_migrations.history.file import MigrationFile, format_file
from schema_migrations.workflows.planning.acknowledge import (
    FileNotes,
    acknowledge,
    check_names,
    choose_file_name,
    find_unacknowledged,
    make_notes,
)
from schema_migrations.workflows.planning.data_operations import DataOperation
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
)
from schema_migrations.workflows.states.django_migrations import DjangoMigrations

FILL = DataOperation(
    app="shop",
    migration="0002_fill",
    kind="RunPython",
    summary="shop.migrations.0002_fill.fill",
    path="/somewhere/0002_fill.py",
    line=7,
)
SQL = DataOperation(
    app="blog",
    migration="0003_sql",
    kind="RunSQL",
    summary="UPDATE a SET b = 1",
    sql=("UPDATE a\nSET b = 1; -- done", "SELECT 2;", "SELECT 3"),
    remaining_sql=("UPDATE a\nSET b = 1; -- done", "SELECT 2;", "SELECT 3"),
)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([], [FILL, SQL]),
        (["all"], []),
        (["shop"], [SQL]),
        (["shop.0002_fill"], [SQL]),
        (["shop.0002_fill", "blog"], []),
        (["shop.0001_initial"], [FILL, SQL]),
    ],
)
def test_what_is_not_named_waits(given: list[str], left: list[DataOperation]) -> None:
    assert list(find_unacknowledged([FILL, SQL], given)) == left


def installed(app: str, *names: str) -> DjangoMigrations:
    return DjangoMigrations(
        on_disk={app: {each: Migration(each, app) for each in names}}
    )


def test_only_what_is_installed_can_be_named() -> None:
    found = installed("shop", "0001_initial", "0002_fill")

    check_names(["all", "shop", "shop.0001_initial"], found)
    with pytest.raises(
        ConfigError, match=r"Django migration shop\.0002_fil\."
    ) as caught:
        check_names(["shop", "shop.0002_fil"], found)
    assert "Did you mean shop.0002_fill?" in caught.value.hint


def test_what_was_squashed_since_can_be_named() -> None:
    """A script that acknowledged it is run again."""
    squash = type("Squash", (Migration,), {"replaces": [("shop", "0002_fill")]})
    found = DjangoMigrations(
        on_disk={"shop": {"0001_squashed": squash("0001_squashed", "shop")}}
    )

    check_names(["shop.0002_fill", "shop.0001_squashed"], found)


def test_the_footer_holds_sql_that_can_be_taken_out() -> None:
    """Every statement ends, also where a comment follows it."""
    lines = make_notes(UncoveredMigrations(operations=(FILL, SQL))).footer_lines

    assert lines[2:] == (
        "shop.0002_fill: RunPython shop.migrations.0002_fill.fill, line 7",
        "blog.0003_sql: RunSQL",
        "    UPDATE a",
        "    SET b = 1; -- done",
        "    ;",
        "    SELECT 2;",
        "    SELECT 3;",
    )
    taken = "\n".join(line for line in lines if line.startswith("    "))
    statements = MigrationFile(name="1.sql", content=taken.encode()).split_statements(
        SYNTAX
    )
    assert [each.sql for each in statements] == [
        "UPDATE a\n    SET b = 1",
        "SELECT 2",
        "SELECT 3",
    ]


@pytest.mark.parametrize(
    ("new_apps", "in_full", "whole"),
    [({"shop"}, False, False), ({"shop"}, True, True), (set[str](), False, True)],
)
def test_only_a_new_app_with_much_is_summed_up(
    new_apps: set[str], in_full: bool, whole: bool
) -> None:
    found = UncoveredMigrations(
        operations=(*[FILL] * 4, SQL), new_apps=frozenset({*new_apps, "blog"})
    )

    lines = acknowledge(found, [], asker=None, strict=False, in_full=in_full)

    summary = "  shop: 4 operations in 1 migration, its whole history (-v 2 lists each)"
    place = "shop.migrations.0002_fill.fill  /somewhere/0002_fill.py:7"
    assert (f"    RunPython {place}" in lines) is whole
    assert (summary in lines) is not whole
    assert lines[-2:] == ("  blog.0003_sql", "    RunSQL UPDATE a SET b = 1")


def test_nobody_to_ask_is_an_error_with_the_names() -> None:
    """Of a new app one name for all that it did."""
    found = UncoveredMigrations(operations=(FILL, SQL), new_apps=frozenset({"shop"}))

    with pytest.raises(AcknowledgementNeeded, match="UPDATE a SET b = 1") as caught:
        acknowledge(found, [], asker=None, strict=True, in_full=False)

    assert caught.value.names == ("shop", "blog.0003_sql")


def test_what_the_file_says_of_it() -> None:
    found = UncoveredMigrations(
        unrecorded_leaves=(("shop", "0002_fill"),), operations=(FILL,)
    )
    said = make_notes(found)
    text = format_file(
        header=(*said.review_lines, *said.coverage_lines),
        statements=(),
        footer=said.footer_lines,
    )
    file = MigrationFile(name="1.sql", content=text.encode())

    assert "this file leaves out 1 data operation of Django migrations" in text
    assert read_coverage([file]) == {"shop": ("0002_fill",)}
    assert file.split_statements(SYNTAX) == ()
    assert "/somewhere" not in text


def test_without_operations_only_the_last_migrations_are_recorded() -> None:
    assert make_notes(
        UncoveredMigrations(unrecorded_leaves=(("a", "0001"),))
    ) == FileNotes(coverage_lines=("django: a 0001",))


def test_a_file_that_records_only_is_named_after_the_apps() -> None:
    several = [replace(FILL, app=app) for app in "abcd"]

    assert choose_file_name([SQL, SQL, FILL]) == "blog_shop_data"
    assert choose_file_name(several) == "django_data"
