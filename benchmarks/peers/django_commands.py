"""Django's ``makemigrations`` and ``migrate``."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.projects import TOUCHED
from benchmarks.results import Run

APP = "steps"

SETTINGS = """\
from settings import *

INSTALLED_APPS = ["{app}"]
"""

MIGRATION = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = {dependencies!r}
    operations = [migrations.RunSQL({sql!r})]
"""


def make_migrations(bench: Bench) -> None:
    """Write the Django migrations of all models, where they have none yet."""
    paths = bench.folder.glob("*/models.py")
    labels = sorted(path.parent.name for path in paths if path.parent.name != TOUCHED)
    if labels:
        bench.manage("makemigrations", *labels, url=bench.make_database())


def check_migrations(bench: Bench) -> Run:
    """Compare models and migrations; a given project may lack one."""
    words = ("makemigrations", "--check", "--dry-run")
    expected = (0,) if bench.models else (0, 1)
    return bench.manage(*words, url=bench.url_of(), expected=expected)


def migrate(bench: Bench, *, settings: str = "without") -> Run:
    """Run all migrations in an empty database."""
    url = bench.make_database()
    return bench.manage("migrate", "--no-input", "-v0", url=url, settings=settings)


def write_steps(bench: Bench, statements: Sequence[str]) -> None:
    """Write an app with a migration for each statement.

    The settings ``djangos`` have this app alone, ``ours`` only ours.
    """
    (bench.folder / "djangos.py").write_text(SETTINGS.format(app=APP))
    (bench.folder / "ours.py").write_text(SETTINGS.format(app="schema_migrations"))
    package = bench.folder / APP / "migrations"
    package.mkdir(parents=True)
    (bench.folder / APP / "__init__.py").touch()
    (package / "__init__.py").touch()
    before: list[tuple[str, str]] = []
    for number, sql in enumerate(statements, start=1):
        name = f"{number:04}_step"
        text = MIGRATION.format(dependencies=before, sql=sql)
        (package / f"{name}.py").write_text(text)
        before = [(APP, name)]
