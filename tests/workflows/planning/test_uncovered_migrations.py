"""What installed apps bring beyond what the files of a directory record."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from schema_migrations.engines.postgresql.syntax import SYNTAX
from schema_migrations.workflows.planning.run_sql import DeclaredSql
from schema_migrations.workflows.planning.uncovered_migrations import (
    UncoveredMigrations,
    find_uncovered_migrations,
)
from schema_migrations.workflows.states.django_migrations import read_django_migrations

HEAD = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
RUN = "migrations.RunSQL('SELECT {}')"


def migration(
    *needs: str, run: int | None = None, replaces: tuple[str, ...] = ()
) -> str:
    """Return a migration of the app ``shop``; ``run`` is the number that it selects."""
    operations = "" if run is None else RUN.format(run)
    return (
        f"{HEAD}    dependencies = {[('shop', name) for name in needs]}\n"
        f"    replaces = {[('shop', name) for name in replaces]}\n"
        f"    operations = [{operations}]\n"
    )


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An app's folder for migrations, with four of them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").write_text("")
    (folder / "__init__.py").write_text("")
    (folder / "0001_initial.py").write_text(migration())
    (folder / "0002_one.py").write_text(migration("0001_initial", run=1))
    (folder / "0003_two.py").write_text(migration("0002_one", run=2))
    (folder / "0004_plain.py").write_text(migration("0003_two"))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop"]:
        del sys.modules[name]


def compare(
    recorded: Mapping[str, tuple[str, ...]], labels: tuple[str, ...] | None = None
) -> UncoveredMigrations:
    installed = ["shop", "django.contrib.auth", "django.contrib.contenttypes"]
    with override_settings(INSTALLED_APPS=installed):
        return find_uncovered_migrations(
            recorded,
            read_django_migrations(labels),
            "default",
            beside=DeclaredSql(syntax=SYNTAX),
        )


def said(found: UncoveredMigrations) -> list[str]:
    return [f"{each.migration_label} {each.summary}" for each in found.operations]


AUTH = ("auth", "0012_alter_user_first_name_max_length")
TYPES = ("contenttypes", "0002_remove_content_type_name")


@pytest.mark.usefixtures("shop")
def test_of_an_app_that_no_file_knows_everything_is_named() -> None:
    """But for Django's own apps, which need none of it in a new database."""
    found = compare({})

    assert found.unrecorded_leaves == (AUTH, TYPES, ("shop", "0004_plain"))
    assert said(found) == ["shop.0002_one SELECT 1", "shop.0003_two SELECT 2"]
    assert found.new_apps == {"auth", "contenttypes", "shop"}
    assert found.warnings == ()


@pytest.mark.usefixtures("shop")
def test_of_an_app_that_is_recorded_what_came_since_is_named() -> None:
    """Of Django's own as well."""
    found = compare(
        {"shop": ("0002_one",), "auth": ("0010_alter_group_name_max_length",)}
    )

    assert [each.migration_label for each in found.operations] == [
        "auth.0011_update_proxy_permissions",
        "shop.0003_two",
    ]
    assert found.new_apps == {"contenttypes"}


@pytest.mark.usefixtures("shop")
def test_what_is_recorded_needs_no_line_again() -> None:
    found = compare({"shop": ("0004_plain",)}, labels=("shop",))
    assert found == UncoveredMigrations()


def test_several_last_migrations_are_recorded_all(shop: Path) -> None:
    (shop / "0003_other.py").write_text(migration("0002_one", run=3))

    found = compare({"shop": ("0004_plain",)}, labels=("shop",))

    assert found.unrecorded_leaves == (("shop", "0003_other"),)
    assert said(found) == ["shop.0003_other SELECT 3"]


def test_a_squashed_migration_is_not_new_when_its_parts_are_not(shop: Path) -> None:
    old = ("0001_initial", "0002_one", "0003_two")
    (shop / "0001_squashed.py").write_text(migration(run=12, replaces=old))

    fresh = compare({}, labels=("shop",))
    half = compare({"shop": ("0002_one",)}, labels=("shop",))
    whole = compare({"shop": ("0003_two",)}, labels=("shop",))

    assert said(fresh) == ["shop.0001_squashed SELECT 12"]
    assert said(half) == ["shop.0003_two SELECT 2"]
    assert said(whole) == []


@pytest.mark.usefixtures("shop")
def test_a_recorded_migration_that_is_not_installed_is_warned_of() -> None:
    """What older lines cover stays covered."""
    found = compare({"shop": ("0003_two", "0009_later")}, labels=("shop",))

    assert said(found) == []
    assert "shop up to 0009_later" in found.warnings[0]
    assert "older version" in found.warnings[0]


@pytest.mark.parametrize("replaces", [True, False])
def test_a_recorded_migration_that_was_squashed_and_deleted_is_known(
    shop: Path, replaces: bool
) -> None:
    """Also when ``replaces`` was removed, as Django advises later."""
    old = ("0001_initial", "0002_one", "0003_two", "0004_plain")
    for name in old:
        (shop / f"{name}.py").unlink()
    (shop / "0001_squashed_0004_plain.py").write_text(
        migration(run=12, replaces=old if replaces else ())
    )
    (shop / "0005_next.py").write_text(migration("0001_squashed_0004_plain", run=5))

    found = compare({"shop": ("0002_one", "0004_plain")}, labels=("shop",))

    assert found.warnings == ()
    assert said(found) == ["shop.0005_next SELECT 5"]


class Router:
    """Lets only one app onto the default database."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return app_label == "contenttypes"


@pytest.mark.usefixtures("shop")
def test_apps_of_other_databases_have_no_part_in_it() -> None:
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.Router"]):
        found = compare({})

    assert found.unrecorded_leaves == (TYPES,)
    assert found.operations == ()
