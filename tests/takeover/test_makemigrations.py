"""``makemigrations`` of ``schema_migrations.takeover``."""

from __future__ import annotations

from tests.fixtures.project import MODELS
from tests.takeover.conftest import Opted, run

ROUTER = """
class NotHere:
    def allow_migrate(self, db, app_label, **hints):
        return app_label != "blog"
"""


def test_it_points_at_schemadiff_and_writes_nothing(opted: Opted) -> None:
    project = opted()
    commands = ("", "shop", "blog --empty", "--dry-run")
    for ran in run(project, *(f"makemigrations {each}" for each in commands)):
        assert ran.code == 2
        assert "python manage.py schemadiff" in ran.err
    assert not list(project.base.glob("blog/migrations/0*"))


def test_it_names_only_apps_that_have_models(opted: Opted) -> None:
    (ran,) = run(opted(), "makemigrations")
    named = ran.err.partition("migrations: ")[2].partition(".")[0].split(", ")
    assert {"auth", "shop"} <= set(named)
    assert not {"schema_migrations_takeover", "messages", "staticfiles"} & set(named)


def test_check_answers_for_the_files(opted: Opted) -> None:
    project = opted()
    first, check = run(project, "schemadiff initial", "makemigrations --check")
    assert (first.code, check.code) == (0, 0), check.err
    project.write("shop/models.py", MODELS + "    note = models.TextField()\n")
    (check,) = run(project, "makemigrations --check")
    assert check.code == 1
    assert "note" in check.out


def test_check_answers_for_apps_left_to_django_as_well(opted: Opted) -> None:
    project = opted(APPS=["contenttypes", "auth", "shop"])
    commands = ("schemadiff initial", "makemigrations blog", "makemigrations --check")
    assert [ran.code for ran in run(project, *commands)] == [0, 0, 0]
    project.write("blog/models.py", "")
    (check,) = run(project, "makemigrations --check")
    assert check.code == 1


def test_an_app_whose_tables_live_elsewhere_is_left_to_django(opted: Opted) -> None:
    """The router keeps ``blog`` from the database that is managed."""
    project = opted(more='DATABASE_ROUTERS = ["routers.NotHere"]\n')
    project.write("routers.py", ROUTER)
    (ran,) = run(project, "makemigrations blog")
    assert ran.code == 0, ran.err
    assert list(project.base.glob("blog/migrations/0001*"))
