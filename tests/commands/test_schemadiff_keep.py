"""What migrations made by SQL: told with the rows, and printed for ``EXTRA``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fixtures.project import Project

MODELS = """
from django.db import models


class Kind(models.Model):
    name = models.CharField(max_length=20)


class Item(models.Model):
    kind = models.ForeignKey(Kind, models.CASCADE)
    name = models.CharField(max_length=20)
"""
MIGRATION = """
from django.db import migrations, models

BY_SQL = '''
ALTER TABLE shop_item ALTER name SET DEFAULT 'none';
CREATE INDEX shop_named ON shop_item (name) WHERE name <> '';
CREATE FUNCTION double(number integer) RETURNS integer LANGUAGE sql AS 'SELECT number * 2';
DO $do$ DECLARE found text; BEGIN
  SELECT conname INTO found FROM pg_constraint
   WHERE conrelid = 'shop_item'::regclass AND contype = 'f';
  EXECUTE format('ALTER TABLE shop_item DROP CONSTRAINT %I', found);
  EXECUTE format('ALTER TABLE shop_item ADD CONSTRAINT %I FOREIGN KEY (kind_id)'
    ' REFERENCES shop_kind (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED', found);
END $do$;
'''


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Kind", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=20)),
        ]),
        migrations.CreateModel("Item", [
            ("id", models.BigAutoField(primary_key=True)),
            ("kind", models.ForeignKey("shop.Kind", models.CASCADE)),
            ("name", models.CharField(max_length=20)),
        ]),
    ]
"""
BY_SQL = """
from django.db import migrations

from shop.migrations._initial import BY_SQL


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL(BY_SQL)]
"""

ROW = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_sql")]
    operations = [migrations.RunSQL("INSERT INTO shop_kind (name) VALUES ('first')")]
"""


@pytest.fixture
def shop(
    project: Project,
    on_postgres: Callable[..., Project],
    pg_database: dict[str, object],
) -> Project:
    project.configure(pg_database, DEV="embedded")
    project.write("shop/models.py", MODELS)
    project.write("shop/migrations/__init__.py", "")
    project.write("shop/migrations/_initial.py", MIGRATION)
    project.write(
        "shop/migrations/0001_initial.py",
        "from shop.migrations._initial import Migration\n",
    )
    project.write("shop/migrations/0002_sql.py", BY_SQL)
    return project


def name_extra(shop: Project) -> None:
    settings = shop.base / "settings.py"
    settings.write_text(
        settings.read_text().replace("'DEV'", "'EXTRA': ['kept.sql'], 'DEV'")
    )


ADDS_COLUMN = """
from django.db import migrations

BY_SQL = '''
ALTER TABLE shop_item ADD search tsvector;
CREATE TABLE by_hand (id integer);
CREATE INDEX shop_item_search ON shop_item USING gin (search);
CREATE TABLE by_range (id integer) PARTITION BY RANGE (id);
'''


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_sql")]
    operations = [migrations.RunSQL(BY_SQL)]
"""


UNMANAGED = """

class ByHand(models.Model):
    class Meta:
        managed = False
        db_table = "by_hand"


class Elsewhere(models.Model):
    class Meta:
        managed = False
        db_table = "made_elsewhere"
"""


def test_what_is_not_kept_is_named_with_what_prints_it(shop: Project) -> None:
    shop.write("shop/migrations/0003_column.py", ADDS_COLUMN)
    ran = shop.manage("schemadiff", "--keep", "--output", "kept.sql")
    assert ran.code == 0, ran.err
    text = (shop.base / "kept.sql").read_text()
    for place in (ran.out.partition("Left     ")[2], text):
        (left,) = (line for line in place.splitlines() if "table by_range" in line)
        assert "Not kept, since no statement after the models makes it" in place
        assert "schemadiff --from models --to migrations" in place
    assert "by_range" not in text.partition(left)[2]


def test_columns_and_tables_that_migrations_made_by_sql_are_kept(shop: Project) -> None:
    """A trigger that is kept may set such a column, an unmanaged model read the table."""
    shop.write("shop/migrations/0003_column.py", ADDS_COLUMN)
    shop.write("shop/models.py", MODELS + UNMANAGED)
    ran = shop.manage("schemadiff", "--keep", "--output", "kept.sql")
    assert ran.code == 0, ran.err
    read = ran.out.partition("managed = False read what only the migrations make:")[2]
    assert read.splitlines()[1].strip() == "by_hand: shop.ByHand"
    assert "Elsewhere" not in ran.out
    text = (shop.base / "kept.sql").read_text()
    for words in ('ADD COLUMN "search"', 'CREATE TABLE "by_hand"', "shop_item_search"):
        assert words in text
    name_extra(shop)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    assert "Schema   1 difference" in ran.out, ran.out
    assert shop.manage("migrate", "--no-input").code == 0
    version = shop.files[-1].name.partition("_")[0]
    assert shop.manage("schemaapply", "--baseline", version).code == 0
    told = shop.manage("schemastatus", "--drift", "--check")
    assert "Drift    1 difference" in told.out, told.out
    assert "by_range" in told.out


def test_what_migrations_made_by_sql_is_kept_from_the_first_file_on(
    shop: Project,
) -> None:
    told = shop.manage("schemadiff", "--rows", "--dry-run")
    assert told.code == 0, told.err
    assert "ON DELETE CASCADE" in told.out
    assert "shop_named" in told.out
    assert "schemadiff --keep --output kept.sql" in told.out
    kept = shop.manage("schemadiff", "--keep", "--output", "kept.sql")
    assert kept.code == 0, kept.err
    assert not shop.files
    text = (shop.base / "kept.sql").read_text()
    for words in ("ON DELETE CASCADE", "shop_named", "double", "SET DEFAULT 'none'"):
        assert words in text
    name_extra(shop)
    first = shop.manage("schemadiff", "--rows")
    assert first.code == 0, first.err
    assert "Schema   the same as Django's migrations make" in first.out, first.out
    assert "FUNCTION double" in shop.files[0].read_text()

    # A database that migrate made has all of it.
    assert shop.manage("migrate", "--no-input").code == 0
    version = shop.files[-1].name.partition("_")[0]
    assert shop.manage("schemaapply", "--baseline", version).code == 0
    assert shop.manage("schemastatus", "--drift", "--check").code == 0
    assert shop.manage("schemadiff", "--check").code == 0


def test_json_says_what_is_kept(shop: Project) -> None:
    answer = shop.manage("schemadiff", "--keep", "--format", "json").json
    names = {each["name"] for each in answer["kept"]}
    assert "shop_named" in names
    assert "CREATE INDEX" in answer["sql"]
    assert answer["left"] == []


def test_nothing_to_keep(project: Project) -> None:
    ran = project.manage("schemadiff", "--keep")
    assert ran.code == 0, ran.err
    assert "Nothing to keep" in ran.out


@pytest.mark.parametrize("others", [["name"], ["--check"], ["--rows"]])
def test_options_that_do_not_go_with_it(others: list[str], project: Project) -> None:
    ran = project.manage("schemadiff", "--keep", *others)
    assert ran.code == 2
    assert "--keep" in ran.err


def test_a_database_of_migrate_that_lacks_something_is_compared_first(
    shop: Project,
) -> None:
    """A baseline alone would call what is missing there applied."""
    shop.write("shop/migrations/0003_row.py", ROW)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    assert "Different in Django's migrations" in ran.out
    assert "has all of it" not in ran.out
    compare = ran.out.index("schemastatus --drift")
    assert compare < ran.out.index("schemaapply --baseline")
