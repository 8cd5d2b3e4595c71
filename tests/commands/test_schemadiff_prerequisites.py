"""``schemadiff`` with models that need extensions and collations, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fixtures.project import Project

OnPostgres = Callable[..., Project]

MIGRATION = """
from django.contrib.postgres.operations import *
from django.db import migrations


class Migration(migrations.Migration):
    operations = [{operations}]
"""
HSTORE_MIGRATION = MIGRATION.format(operations="HStoreExtension()")
HEAD = """
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import HStoreField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper


class Room(models.Model):
    name = models.TextField({name})
    floor = models.IntegerField(default=0)
"""
HSTORE = '    more = HStoreField(db_column="extra")\n'
META = "\n    class Meta:\n        "
TRIGRAM = (
    f"{META}indexes = [GinIndex(fields=['name'], name='by_name',"
    " opclasses=['gin_trgm_ops'])]\n"
)
SCALAR = (
    f"{META}constraints = [ExclusionConstraint(name='one',"
    " expressions=[('floor', RangeOperators.EQUAL)])]\n"
)
GERMAN = "db_collation='german'"
POSTGRES = "django.contrib.postgres"


def with_models(project: Project, body: str, *, name: str = "") -> Project:
    project.write("shop/models.py", HEAD.format(name=name) + body)
    # Django 6.1 wants it for the fields that it has.
    settings = (project.base / "settings.py").read_text()
    project.write("settings.py", f"{settings}INSTALLED_APPS += ['{POSTGRES}']\n")
    return project


def with_migration(project: Project, *operations: str, name: str = "0001") -> None:
    project.write("shop/migrations/__init__.py", "")
    text = MIGRATION.format(operations=", ".join(operations))
    project.write(f"shop/migrations/{name}.py", text)


@pytest.mark.parametrize(
    ("body", "name", "operation", "made"),
    [
        (HSTORE, "", "HStoreExtension()", 'CREATE EXTENSION IF NOT EXISTS "hstore"'),
        (TRIGRAM, "", "TrigramExtension()", 'CREATE EXTENSION IF NOT EXISTS "pg_trgm"'),
        (
            SCALAR,
            "",
            "BtreeGistExtension()",
            'CREATE EXTENSION IF NOT EXISTS "btree_gist"',
        ),
        (
            "",
            GERMAN,
            "CreateCollation('german', 'de-x-icu', provider='icu')",
            'CREATE COLLATION "german"',
        ),
    ],
    ids=["type", "operator class", "default operator class", "collation"],
)
def test_django_migrations_say_what_models_need(
    on_postgres: OnPostgres, body: str, name: str, operation: str, made: str
) -> None:
    """Turned off for ``migrate``, as projects do."""
    project = with_models(on_postgres(), body, name=name)
    with_migration(project, operation)
    with (project.base / "settings.py").open("a") as file:
        file.write("MIGRATION_MODULES = {'shop': None}\n")

    first = project.manage("schemadiff")
    again = project.manage("schemadiff", "--check")

    assert first.code == 0, first.err
    assert made in project.files[0].read_text()
    assert again.code == 0, again.out


@pytest.mark.parametrize(
    ("body", "name", "say"),
    [
        (
            HSTORE,
            "",
            ["shop.Room.more: ", '"hstore" does not exist', '"hstore" to SCHEMA'],
        ),
        (TRIGRAM, "", ["shop.Room.name: ", '"gin_trgm_ops"', '"pg_trgm" to SCHEMA']),
        (SCALAR, "", ["shop.Room.floor: ", "integer", '"btree_gist" to SCHEMA']),
        (
            "",
            GERMAN,
            ["shop.Room.name: ", '"german"', "CREATE COLLATION", "CreateCollation"],
        ),
    ],
    ids=["type", "operator class", "default operator class", "collation"],
)
def test_what_is_missing_is_named_with_where_it_comes_from(
    on_postgres: OnPostgres, body: str, name: str, say: list[str]
) -> None:
    project = with_models(on_postgres(), body, name=name)

    ran = project.manage("schemadiff")

    assert ran.code == 2
    for words in say:
        assert words in ran.err
    assert project.files == []


def test_a_collation_that_is_removed_is_dropped(on_postgres: OnPostgres) -> None:
    """And an extension stays: nobody knows what uses it."""
    project = on_postgres(EXTENSIONS=["pg_trgm"])
    german = "Collation('german', 'de-x-icu', provider='icu')"
    with_migration(project, f"Create{german}")
    project.manage("schemadiff")
    with_migration(project, f"Remove{german}", name="0002")
    settings = (project.base / "settings.py").read_text()
    project.write("settings.py", settings.replace("['pg_trgm']", "[]"))

    ran = project.manage("schemadiff")
    again = project.manage("schemadiff", "--check")

    text = project.files[1].read_text()
    assert ran.code == 0, ran.err
    assert 'DROP COLLATION "german"' in text
    assert "EXTENSION" not in text
    assert again.code == 0, again.out


def test_an_extension_that_the_server_cannot_make(on_postgres: OnPostgres) -> None:
    project = on_postgres()
    with_migration(project, "CreateExtension('not_to_be_had')")

    ran = project.manage("schemadiff")

    assert ran.code == 2
    assert (
        "shop.0001: Creates extension not_to_be_had: not_to_be_had cannot be" in ran.err
    )
    assert "--dev" in ran.err


def test_a_collation_that_the_server_cannot_make(on_postgres: OnPostgres) -> None:
    project = on_postgres()
    with_migration(project, "CreateCollation('klingon', 'tlh_QO')")

    ran = project.manage("schemadiff")

    assert ran.code == 2
    assert "shop.0001: Create collation klingon: klingon cannot be created" in ran.err
    assert "tlh_QO" in ran.err


class TestMigrationsThatCannotBeImported:
    """Nobody knows what they make besides models: extensions, collations, rows."""

    @pytest.fixture
    def broken(self, on_postgres: OnPostgres) -> Project:
        project = on_postgres()
        project.write("shop/migrations/__init__.py", "")
        project.write("shop/migrations/0001.py", "import not_installed")
        return project

    @pytest.mark.parametrize("flags", [(), ("--check",), ("--app", "shop")])
    def test_no_file_records_them(self, broken: Project, flags: tuple[str]) -> None:
        ran = broken.manage("schemadiff", *flags)

        assert ran.code == 2
        place = broken.base / "shop/migrations/0001.py"
        assert (
            "Django migrations cannot be imported:\n"
            f"  shop: {place}:1: ModuleNotFoundError: No module named 'not_installed'\n"
        ) in ran.err
        assert ran.err.count("not_installed") == 1
        assert not broken.files

    @pytest.mark.parametrize(
        "flags", [("--app", "contenttypes"), ("--from", "models", "--to", "models")]
    )
    def test_where_no_file_records_them_it_is_a_warning(
        self, broken: Project, flags: tuple[str, ...]
    ) -> None:
        ran = broken.manage("schemadiff", *flags)

        assert ran.code == 0, ran.err
        assert "warning: The Django migrations of shop cannot be imported" in ran.err
        assert "0001.py:1: ModuleNotFoundError" in ran.err

    def test_what_only_the_urls_make_importable_is_read(self, broken: Project) -> None:
        """``migrate`` runs the checks first, which import the views: two modules that
        import one another in a circle, and only in that order."""
        broken.write(
            "shop/migrations/0001.py", f"import shop.tasks\n{HSTORE_MIGRATION}"
        )
        broken.write("shop/tasks.py", "from shop.views import seen\nrun = print\n")
        broken.write("shop/views.py", "seen = print\nfrom shop.tasks import run\n")
        broken.write("shop/urls.py", "import shop.views\nurlpatterns = []\n")
        settings = broken.base / "settings.py"
        urls = '\nROOT_URLCONF = "shop.urls"\n'

        refused = broken.manage("schemadiff")
        settings.write_text(settings.read_text() + urls)
        ran = broken.manage("schemadiff")

        assert "(most likely due to a circular import)" in refused.err
        assert ran.code == 0, ran.err
        assert "circular" not in ran.err
        text = broken.files[0].read_text()
        assert 'CREATE EXTENSION IF NOT EXISTS "hstore"' in text
        assert "-- django: shop 0001\n" in text

    def test_so_it_is_if_django_does_not_import_them(self, broken: Project) -> None:
        settings = broken.base / "settings.py"
        off = '\nMIGRATION_MODULES = {"shop": None}\n'
        settings.write_text(settings.read_text() + off)

        ran = broken.manage("schemadiff")

        assert ran.code == 0, ran.err
        assert "warning: The Django migrations of shop cannot be imported" in ran.err


def test_an_index_that_needs_to_know_the_collation(on_postgres: OnPostgres) -> None:
    """Django asks the database whether it is deterministic; only then it can have one."""
    project = with_models(on_postgres(), "", name=f"{GERMAN}, db_index=True")
    german = "CreateCollation('german', 'de-x-icu', provider='icu', deterministic={})"
    with_migration(project, german.format("True"))
    assert project.manage("schemadiff", "initial", "--no-input").code == 0
    assert "_like" in project.files[0].read_text()
    with_migration(project, german.format("False"))
    assert project.manage("schemadiff", "second", "--no-input").code == 0
    assert 'DROP INDEX "shop_room_name_' in project.files[1].read_text()


def test_models_use_an_extension_where_it_is(on_postgres: OnPostgres) -> None:
    """``EXTENSIONS`` does not say its schema; earlier files do."""
    project = on_postgres(EXTENSIONS=["hstore", "pg_trgm"])
    project.write(
        "migrations/1_by_hand.sql",
        "CREATE SCHEMA ext;\nCREATE EXTENSION hstore SCHEMA ext;\n"
        "CREATE EXTENSION pg_trgm SCHEMA ext;\n",
    )
    assert project.manage("schemahash").code == 0
    with_models(project, HSTORE + TRIGRAM)

    ran = project.manage("schemadiff")
    again = project.manage("schemadiff", "--check")

    assert ran.code == 0, ran.err
    text = project.files[1].read_text()
    assert '"extra" ext.hstore' in text
    assert "ext.gin_trgm_ops" in text
    assert "EXTENSION" not in text
    assert "managed" not in text
    assert again.code == 0, again.out


@pytest.mark.parametrize("extensions", [[], ["hstore"]])
@pytest.mark.parametrize("before", ["", "DROP EXTENSION IF EXISTS hstore;\n"])
def test_an_extension_is_where_the_statements_of_extra_put_it(
    on_postgres: OnPostgres, before: str, extensions: list[str]
) -> None:
    """They set the schema that it goes to, and may drop it first."""
    project = on_postgres(EXTRA=["tools.sql"], EXTENSIONS=extensions)
    project.write(
        "tools.sql",
        f"CREATE SCHEMA tools;\n{before}SET search_path = tools;\n"
        "CREATE EXTENSION hstore;\nRESET search_path;\n",
    )

    ran = project.manage("schemadiff")
    again = project.manage("schemadiff", "--check")

    assert ran.code == 0, ran.err
    text = project.files[0].read_text()
    assert "hstore SCHEMA tools;" in text.replace('"', "")
    assert again.code == 0, again.out


def test_sql_of_a_migration_that_makes_what_is_missing_is_shown(
    on_postgres: OnPostgres,
) -> None:
    project = on_postgres()
    project.write(
        "shop/models.py",
        """
from django.db import models
from django.db.models.expressions import RawSQL


class Room(models.Model):
    number = models.IntegerField(db_default=RawSQL("nextval('room_numbers')", ()))
""",
    )
    made = "CREATE SEQUENCE room_numbers START WITH 100"
    with_migration(project, f'migrations.RunSQL("DROP TABLE IF EXISTS x; {made};")')

    ran = project.manage("schemadiff", "--acknowledge", "all")

    assert ran.code == 2
    assert "Copy what makes it into a file of EXTRA." in ran.err
    assert f"makes it by SQL:\n  {made};" in ran.err
