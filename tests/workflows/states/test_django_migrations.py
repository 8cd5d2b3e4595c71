"""Reading the Django migrations of installed apps, from packages on disk."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.urls import clear_url_caches

from schema_migrations.workflows.states.django_migrations import (
    DjangoMigrations,
    list_operations,
    read_django_migrations,
)

Make = Callable[[dict[str, str]], None]
SQL = "migrations.RunSQL('SELECT {}')"


def migration(*operations: str, needs: tuple[str, ...] = (), **more: object) -> str:
    """Return the text of a migration module of the app ``walked``."""
    attributes = "".join(f"    {name} = {value!r}\n" for name, value in more.items())
    return (
        "from django.db import migrations\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"    dependencies = {[('walked', name) for name in needs]!r}\n"
        f"{attributes}    operations = [{', '.join(operations)}]\n"
    )


@pytest.fixture
def walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Install an app ``walked`` with the given migration modules."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(modules: dict[str, str]) -> None:
        package = tmp_path / "walked" / "migrations"
        package.mkdir(parents=True)
        (tmp_path / "walked" / "__init__.py").write_text("")
        for name, text in {"__init__": "", **modules}.items():
            path = package / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] == "walked"]:
        del sys.modules[name]


def found(**settings: object) -> DjangoMigrations:
    with override_settings(INSTALLED_APPS=["walked"], **settings):
        return read_django_migrations()


def said(migrations: DjangoMigrations) -> list[str]:
    operations: Any = list_operations(migrations)
    return [f"{step.migration} {step.operation.sql}" for step in operations]


def test_an_app_is_read_by_dependency_then_by_name(walked: Make) -> None:
    walked(
        {
            "0002_b": migration(SQL.format(2), needs=("zero",)),
            "0002_a": migration(SQL.format(1), needs=("zero",)),
            "zero": migration(SQL.format(0)),
            "_draft": "raise RuntimeError",
        }
    )

    assert said(found()) == ["zero SELECT 0", "0002_a SELECT 1", "0002_b SELECT 2"]


def test_the_database_part_of_an_operation_counts(walked: Make) -> None:
    inner = SQL.format("inside")
    walked(
        {
            "0001": migration(
                f"migrations.SeparateDatabaseAndState(database_operations=[{inner}],"
                f" state_operations=[{SQL.format('never')}])"
            )
        }
    )

    assert said(found()) == ["0001 SELECT inside"]


def test_what_is_squashed_counts_once(walked: Make) -> None:
    walked(
        {
            "0001": migration(SQL.format(1)),
            "0001_squashed": migration(SQL.format(12), replaces=[("walked", "0001")]),
            "0000_after": migration(SQL.format(3), needs=("0001",)),
        }
    )

    assert said(found()) == ["0001_squashed SELECT 12", "0000_after SELECT 3"]


@pytest.mark.parametrize("modules", [{"walked": None}, {}], ids=["off", "plain"])
def test_an_app_that_is_turned_off_is_read(
    walked: Make, modules: dict[str, None]
) -> None:
    """Projects turn them off, so that ``runserver`` does not count them."""
    walked({"0001": migration(SQL.format(1))})

    assert said(found(MIGRATION_MODULES=modules)) == ["0001 SELECT 1"]


def test_only_the_apps_that_were_asked_for(walked: Make) -> None:
    walked({"0001": "raise RuntimeError('imported')"})

    with override_settings(INSTALLED_APPS=["walked", "django.contrib.contenttypes"]):
        assert list(read_django_migrations(["contenttypes"]).active) == ["contenttypes"]


@pytest.mark.parametrize(
    ("modules", "reason"),
    [
        (
            {"0001": "\nimport not_there"},
            "{folder}/0001.py:2: ModuleNotFoundError: No module named 'not_there'",
        ),
        ({"0001": "\n1 +"}, "{folder}/0001.py:2: SyntaxError: invalid syntax"),
        (
            {"0001": "from .helper import gone", "helper/__init__": ""},
            "{folder}/0001.py:1: ImportError: cannot import name 'gone'",
        ),
        (
            {"0001": "from . import _draft", "_draft": "1 / 0"},
            "0001: {folder}/_draft.py:1: ZeroDivisionError: division by zero",
        ),
        (
            {"0001": ""},
            "BadMigrationError: Migration 0001 in app walked has no Migration class",
        ),
        (
            {
                "0001": migration(needs=("0002",)),
                "0002": migration(needs=("0001",)),
            },
            "ValueError: they depend on each other in a circle: 000",
        ),
    ],
)
def test_broken_migrations_are_named_and_cost_nobody_else(
    walked: Make, tmp_path: Path, modules: dict[str, str], reason: str
) -> None:
    """With the last line of the traceback."""
    walked(modules)
    reason = reason.format(folder=tmp_path / "walked" / "migrations")

    with override_settings(INSTALLED_APPS=["walked", "django.contrib.contenttypes"]):
        migrations = read_django_migrations()

    assert migrations.read_errors["walked"].startswith(reason)
    assert list(migrations.active) == ["contenttypes"]


def test_what_management_packages_make_importable_is_read(
    walked: Make, tmp_path: Path
) -> None:
    """``migrate`` imports them as well."""
    walked({"0001": f"import walked.tasks\n\n{migration(SQL.format(1))}"})
    (tmp_path / "walked" / "tasks.py").write_text(
        "import sys\n\nassert 'walked.management' in sys.modules\n"
    )
    management = tmp_path / "walked" / "management"
    management.mkdir()
    (management / "__init__.py").write_text("")

    assert said(found()) == ["0001 SELECT 1"]


def test_checks_that_fail_hide_no_error_of_a_migration(
    walked: Make, tmp_path: Path
) -> None:
    walked({"0001": "1 / 0"})
    clear_url_caches()
    try:
        migrations = found(ROOT_URLCONF="walked.urls")
    finally:
        clear_url_caches()

    assert migrations.read_errors["walked"].endswith(
        "0001.py:1: ZeroDivisionError: division by zero"
    )


def test_a_module_is_no_package(walked: Make, tmp_path: Path) -> None:
    """Some packages keep their operations for others in one; Django walks past it."""
    walked({"0001": "raise RuntimeError"})
    package = tmp_path / "walked" / "migrations"
    shutil.rmtree(package)
    package.with_suffix(".py").write_text("class Operation: pass")

    assert found() == DjangoMigrations()


def test_a_folder_is_no_package(walked: Make, tmp_path: Path) -> None:
    walked({"0001": "raise RuntimeError"})
    (tmp_path / "walked" / "migrations" / "__init__.py").unlink()

    assert found() == DjangoMigrations()
