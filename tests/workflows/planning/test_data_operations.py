"""What a Django migration does besides the schema, from real operations."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    BtreeGinExtension,
    CreateCollation,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.test import override_settings

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.workflows.planning.data_operations import (
    DataOperation,
    find_data_operations,
)
from schema_migrations.workflows.planning.run_sql import DeclaredSql

HERE = __name__
STATE: Any = [migrations.AddField("order", "total", models.IntegerField())]


def fill(apps: Any, schema_editor: Any) -> None:
    raise AssertionError("only looked at, never run")


@functools.wraps(fill)
def decorated(*arguments: Any) -> None:
    fill(*arguments)


class Callable:
    def __call__(self, apps: Any, schema_editor: Any) -> None:
        raise AssertionError


class Reindex(Operation):
    """A package's own operation."""

    def database_forwards(self, *arguments: Any) -> None:
        raise AssertionError

    def describe(self) -> str:
        return "Rebuild\n  the search index"


class Shy(Reindex):
    def describe(self) -> str:
        raise AttributeError("state is not there yet")


class OwnState(migrations.AddField):
    """Adds to the state only: what it does to the database is Django's."""

    def state_forwards(self, app_label: str, state: Any) -> None:
        super().state_forwards(app_label, state)


class OwnIndex(AddIndexConcurrently):
    """``IF NOT EXISTS``, as projects have it: an index is all there is to it."""

    def database_forwards(self, *arguments: Any) -> None:
        raise AssertionError


class OwnAddField(migrations.AddField):
    def database_forwards(self, *arguments: Any) -> None:
        raise AssertionError


class OwnExtension(BtreeGinExtension):
    def database_forwards(self, *arguments: Any) -> None:
        raise AssertionError


class OwnSQL(migrations.RunSQL):
    pass


def found(*operations: Operation) -> list[DataOperation]:
    made = type("Migration", (migrations.Migration,), {"operations": list(operations)})
    beside = DeclaredSql(
        syntax=SYNTAX, extensions=["hstore"], extra=["CREATE TYPE t AS ENUM ('a')"]
    )
    migration = made("0002_more", "shop")
    return list(find_data_operations(migration, "default", beside=beside))


FIELD: Any = models.IntegerField()
POSITIVE = models.CheckConstraint(condition=models.Q(total__gt=0), name="positive")
INDEX = models.Index(fields=["a"], name="a_idx")


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Order", []),
        migrations.AddField("order", "total", FIELD),
        migrations.AlterModelOptions("order", {}),
        migrations.AddIndex("order", INDEX),
        AddIndexConcurrently("order", INDEX),
        RemoveIndexConcurrently("order", "a_idx"),
        OwnIndex("order", INDEX),
        AddConstraintNotValid("order", POSITIVE),
        ValidateConstraint("order", "positive"),
        migrations.SeparateDatabaseAndState([AddIndexConcurrently("order", INDEX)]),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL("ALTER TABLE a ADD b int; CREATE INDEX i ON a (b)")],
            STATE,
        ),
        migrations.RunSQL("DROP TABLE a", state_operations=STATE),
        migrations.RunSQL(
            ["BEGIN", "CREATE INDEX CONCURRENTLY i ON a (b)"], state_operations=STATE
        ),
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS hstore"),
        migrations.RunSQL("CREATE TYPE t\n    AS ENUM ('a');"),
        migrations.RunSQL("SET LOCAL lock_timeout = '1s'; COMMIT"),
        BtreeGinExtension(),
        OwnExtension(),
        CreateCollation("german", "de"),
        OwnState("order", "total", FIELD),
        migrations.SeparateDatabaseAndState(state_operations=[Reindex()]),
        migrations.RunPython(migrations.RunPython.noop, fill),
        migrations.RunSQL(migrations.RunSQL.noop, "SELECT 1"),
        migrations.RunSQL([" "]),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_what_django_itself_does_to_the_schema_is_left_out(
    operation: Operation,
) -> None:
    """So is what does nothing forwards."""
    assert found(operation) == []


@pytest.mark.parametrize(
    ("operation", "kind", "summary"),
    [
        (migrations.RunPython(fill), "RunPython", f"{HERE}.fill"),
        (migrations.RunSQL("SELECT\n  1;"), "RunSQL", "SELECT 1;"),
        (OwnSQL("SELECT 1"), f"{HERE}.OwnSQL", "SELECT 1"),
        (Reindex(), f"{HERE}.Reindex", "Rebuild the search index"),
        (Shy(), f"{HERE}.Shy", "Shy"),
        (
            OwnAddField("order", "total", FIELD),
            f"{HERE}.OwnAddField",
            "Add field total to order",
        ),
        (
            migrations.SeparateDatabaseAndState([migrations.RunSQL("SELECT 2")]),
            "RunSQL",
            "SELECT 2",
        ),
        (migrations.RunSQL("x" * 500), "RunSQL", "x" * 159 + "…"),
    ],
)
def test_everything_else_is_named(
    operation: Operation, kind: str, summary: str
) -> None:
    (one,) = found(operation)
    assert (one.migration_label, one.kind, one.summary) == (
        "shop.0002_more",
        kind,
        summary,
    )


@pytest.mark.parametrize(
    "code", [fill, decorated, functools.partial(fill, schema_editor=None)]
)
def test_a_function_is_named_with_its_place(code: Any) -> None:
    """Decorators and partials are looked through."""
    (one,) = found(migrations.RunPython(code))

    assert one.summary == f"{HERE}.fill"
    assert one.path == __file__
    assert one.line == inspect.getsourcelines(fill)[1]


@pytest.mark.parametrize(
    ("code", "summary", "line"),
    [
        (Callable(), f"{HERE}.Callable", inspect.getsourcelines(Callable)[1] + 1),
        (Callable, f"{HERE}.Callable", 0),
        (print, "builtins.print", 0),
    ],
)
def test_so_is_any_callable(code: Any, summary: str, line: int) -> None:
    (one,) = found(migrations.RunPython(code))

    assert (one.summary, one.line) == (summary, line)
    assert one.path == __file__


def test_sql_is_kept_statement_by_statement() -> None:
    """With its parameters, or these are said; a text is kept as it was written."""
    several = migrations.RunSQL(
        [
            "SELECT 1;",
            ("SELECT %s, %s, %s, %s, '%%'", [7, "a'b", None, True]),
            ("SELECT 2", None),
            ("SELECT %s", [date(2024, 1, 1)]),
        ]
    )
    whole = migrations.RunSQL("\nSELECT 1;\n  SELECT 2;\n")

    first, second = found(several, whole)

    assert first.sql == (
        "SELECT 1;",
        "SELECT 7, 'a''b', NULL, TRUE, '%'",
        "SELECT 2",
        "-- with the parameters [datetime.date(2024, 1, 1)]:\nSELECT %s",
    )
    assert second.sql == ("SELECT 1;\n  SELECT 2;",)


FUNCTION = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        (FUNCTION, {"extra": (FUNCTION,)}),
        (
            f"DROP FUNCTION f();\n{FUNCTION}; UPDATE a SET b = 1; SELECT 2;",
            {
                "extra": ("DROP FUNCTION IF EXISTS f()", FUNCTION),
                "remaining_sql": ("UPDATE a SET b = 1", "SELECT 2"),
            },
        ),
        ("DROP VIEW v", {"remaining_sql": ("DROP VIEW v",)}),
        (
            "CREATE INDEX CONCURRENTLY i ON a (b)",
            {"extra": ("CREATE INDEX i ON a (b)",)},
        ),
        (
            "DROP INDEX CONCURRENTLY i; DELETE FROM a",
            {
                "remaining_sql": ("DELETE FROM a",),
                "outside_sql": ("DROP INDEX CONCURRENTLY i",),
            },
        ),
        (
            "CREATE EXTENSION hstore; CREATE EXTENSION citext",
            {"extensions": ("citext",)},
        ),
        (
            "SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM a",
            {"remaining_sql": ("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM a",)},
        ),
        ("BEGIN; DELETE FROM a; COMMIT", {"remaining_sql": ("DELETE FROM a",)}),
        ("ALTER TABLE a ADD b int", {"remaining_sql": ("ALTER TABLE a ADD b int",)}),
        ("SELECT 'a", {"remaining_sql": ("SELECT 'a",)}),
    ],
)
def test_each_statement_goes_where_it_belongs(
    sql: str, parts: dict[str, tuple[str, ...]]
) -> None:
    (one,) = found(migrations.RunSQL(sql))

    assert {
        name: value
        for name in ("remaining_sql", "outside_sql", "extra", "extensions")
        if (value := getattr(one, name))
    } == parts


@pytest.mark.parametrize(
    "operations",
    [
        [migrations.RunSQL("ALTER TABLE a ADD b int; DELETE FROM a", None, STATE)],
        [
            migrations.SeparateDatabaseAndState(
                [migrations.RunSQL("ALTER TABLE a ADD b int; DELETE FROM a")], STATE
            )
        ],
        [
            migrations.RunSQL("ALTER TABLE a ADD b int; DELETE FROM a"),
            migrations.SeparateDatabaseAndState(state_operations=STATE),
        ],
    ],
    ids=["RunSQL", "SeparateDatabaseAndState", "beside"],
)
def test_of_what_the_state_has_only_changes_of_rows_are_named(
    operations: list[Operation],
) -> None:
    (one,) = found(*operations)
    assert one.remaining_sql == ("DELETE FROM a",)
    assert not one.extra


class Router:
    """Keeps the app away, but for what says in its hints that it may come."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return bool(hints.get("anywhere"))


@pytest.fixture
def router() -> Iterator[None]:
    with override_settings(DATABASE_ROUTERS=[f"{HERE}.Router"]):
        yield


@pytest.mark.usefixtures("router")
def test_routers_are_asked_with_the_hints_of_the_operation() -> None:
    here = migrations.RunSQL("SELECT 1", hints={"anywhere": True})
    assert [one.summary for one in found(here, Reindex())] == ["SELECT 1"]
