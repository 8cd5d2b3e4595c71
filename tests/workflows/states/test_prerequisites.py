"""Which extensions and collations the models need."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.operations import (
    CITextExtension,
    CreateCollation,
    CreateExtension,
    RemoveCollation,
    TrigramExtension,
)
from django.db.migrations import Migration, RunSQL
from django.db.migrations.operations.base import Operation
from django.test import override_settings

from schema_migrations.workflows.states.django_migrations import (
    DjangoMigrations,
    MigrationOperation,
    list_operations,
)
from schema_migrations.workflows.states.prerequisites import (
    Prerequisites,
    collect_prerequisites,
    find_prerequisites,
)


class Scalars(CreateExtension):
    def __init__(self) -> None:
        self.name = "btree_gist"


class Router:
    """Lets nothing of ``elsewhere`` onto any alias."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return app_label != "elsewhere" and hints.get("wanted", True)


def migrations(app: str, *operations: Operation) -> DjangoMigrations:
    migration: Any = Migration("0001_initial", app)
    migration.operations = list(operations)
    return DjangoMigrations(active={app: (migration,)})


def names(found: Prerequisites) -> tuple[list[str], list[str]]:
    return [n for n, _ in found.extensions], [n for n, _ in found.collations]


def test_every_extension_once_after_those_of_the_settings() -> None:
    found = migrations("shop", CITextExtension(), TrigramExtension(), Scalars())

    wanted = find_prerequisites("postgresql", "default", ["pg_trgm", "postgis"], found)

    assert wanted.extensions == (
        ("pg_trgm", "EXTENSIONS"),
        ("postgis", "EXTENSIONS"),
        ("citext", "shop.0001_initial: Creates extension citext"),
        ("btree_gist", "shop.0001_initial: Creates extension btree_gist"),
    )


def test_a_collation_that_was_removed_is_not_needed() -> None:
    german = CreateCollation("german", "de-x-icu", provider="icu")
    french = CreateCollation("french", "fr-x-icu", provider="icu")
    gone = RemoveCollation("german", "de-x-icu", provider="icu")

    assert names(
        collect_prerequisites(list_operations(migrations("shop", german, french, gone)))
    ) == (
        [],
        ["french"],
    )
    assert names(
        collect_prerequisites(list_operations(migrations("shop", german, gone, german)))
    ) == (
        [],
        ["german"],
    )


@pytest.mark.parametrize(
    ("vendor", "app", "hints", "wanted"),
    [
        ("postgresql", "shop", {}, ["citext"]),
        ("postgresql", "elsewhere", {}, []),
        ("postgresql", "shop", {"wanted": False}, []),
        ("sqlite", "shop", {}, []),
    ],
)
def test_routers_are_asked_as_the_operation_asks(
    vendor: str, app: str, hints: dict[str, bool], wanted: list[str]
) -> None:
    operation = CITextExtension()
    operation.hints = hints
    router = f"{Router.__module__}.{Router.__qualname__}"

    with override_settings(DATABASE_ROUTERS=[router]):
        found = find_prerequisites(
            vendor, "default", (), migrations(app, RunSQL("SELECT 1"), operation)
        )

    assert names(found) == (wanted, [])


def test_a_step_in_words() -> None:
    step = MigrationOperation(
        app="shop", migration="0002_b", operation=TrigramExtension()
    )

    assert str(step) == "shop.0002_b: Creates extension pg_trgm"
