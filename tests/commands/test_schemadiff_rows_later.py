"""A file of rows that follows others, on databases that are in use."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.fixtures.project import Project

ADD_KINDS = """
from django.db import migrations


def add(apps, schema_editor):
    Kind = apps.get_model("shop", "Kind")
    Kind.objects.create(name="one more")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunPython(add)]
"""


def run_python(shop: Project, code: str) -> str:
    """Run code on the project's database; return the last line that it prints."""
    ran = shop.manage("shell", "-c", f"import shop.models as m; {code}")
    assert ran.code == 0, ran.err
    return ran.out.strip().splitlines()[-1]


def test_a_database_in_use_counts_on(
    shop: Project, make_database: Callable[[str], None]
) -> None:
    make_database("in_use")
    assert shop.manage("schemadiff", "--rows").code == 0
    assert shop.manage("schemaapply").code == 0
    use = "[m.Kind(pk=pk, name=str(pk)).save() for pk in (7, 8)]"
    if "sqlite" not in (shop.base / "settings.py").read_text():
        use += (
            "; from django.db import connection as c;"
            "c.cursor().execute(\"SELECT setval('shop_kind_id_seq', 8)\")"
        )
    run_python(shop, f"{use}; print()")
    shop.write("shop/migrations/0003_more.py", ADD_KINDS)
    ran = shop.manage("schemadiff", "--rows", "--app", "shop")
    assert ran.code == 0, ran.err
    applied = shop.manage("schemaapply")
    assert applied.code == 0, applied.err
    assert run_python(shop, "print(m.Kind.objects.create(name='new').pk)") == "9"


DELETE_KIND = """
from django.db import migrations


def delete(apps, schema_editor):
    apps.get_model("shop", "Setting").objects.all().delete()
    Kind = apps.get_model("shop", "Kind")
    Kind.objects.filter(name="root").update(name="renamed")
    Kind.objects.create(name="one more")


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [migrations.RunPython(delete)]
"""


def test_rows_that_migrations_delete_are_named(shop: Project) -> None:
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    assert "Proved   the rows are those that Django's migrations leave." in ran.out
    shop.write("shop/migrations/0003_delete.py", DELETE_KIND)
    ran = shop.manage("schemadiff", "--rows", "--app", "shop")
    assert ran.code == 0, ran.err
    assert "left, though migrations leave no such row: shop_setting: 1" in ran.out
    assert "Proved   but for those named above, the rows of these apps are" in ran.out
    text = shop.files[-1].read_text()
    assert "Left, though migrations leave no such row: 1 row of shop_setting." in text
    assert "Left as earlier files make them: 1 row of shop_kind." in text
    ran = shop.manage("schemadiff", "--rows", "--dry-run", "--format", "json")
    assert ran.json["rows"]["missing"] == [{"table": "shop_setting", "rows": 1}]
    assert ran.json["rows"]["tables"] == []


MAKE_TABLE = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [
        migrations.RunSQL(
            "CREATE TABLE shop_log (a integer); INSERT INTO shop_log VALUES (1)"
        ),
    ]
"""


def test_a_table_that_only_migrations_make_is_not_proved(shop: Project) -> None:
    shop.write("shop/migrations/0003_table.py", MAKE_TABLE)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    assert "shop_log" in ran.out
    assert "Proved   the rows of the files' tables and columns are those" in ran.out


ADD_PERMISSION = """
from django.db import migrations


def add(apps, schema_editor):
    apps.get_model("shop", "Kind").objects.create(name="one more")
    model = apps.get_model("contenttypes", "ContentType").objects.create(
        app_label="shop", model="setting"
    )
    permission = apps.get_model("auth", "Permission").objects.create(
        content_type=model, codename="pay", name="Can pay"
    )
    group = apps.get_model("auth", "Group").objects.create(name="payers")
    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0002_fill"), ("auth", "0012_alter_user_first_name_max_length"),
    ]
    operations = [migrations.RunPython(add)]
"""


def test_content_types_of_a_database_in_use_have_their_own_numbers(
    shop: Project, make_database: Callable[[str], None]
) -> None:
    make_database("in_use")
    assert shop.manage("schemadiff", "--rows").code == 0
    applied = shop.manage("schemaapply")
    assert applied.code == 0, applied.err
    shop.write("shop/migrations/0003_permission.py", ADD_PERMISSION)
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    text = shop.files[-1].read_text()
    for table in (
        "django_content_type",
        "auth_permission",
        "auth_group_permissions",
    ):
        assert f"NEEDS A LOOK: left out 1 row of {table}:" in text
        assert f'INTO "{table}"' not in text
        assert re.search(f"NEEDS A LOOK: left out, since .*: {table}: 1", ran.out)
    assert "auth_group: 1 row" in text
    applied = shop.manage("schemaapply")
    assert applied.code == 0, applied.err
    assert run_python(shop, "print(m.Kind.objects.count())") == "3"


FREE = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE free; SELECT nextval('free')"),
    ]
"""


def add_to_extra(shop: Project, name: str, sql: str) -> None:
    """Give the project a file of ``EXTRA``."""
    shop.write(name, sql)
    settings = shop.base / "settings.py"
    settings.write_text(
        settings.read_text().replace("'DEV'", f"'EXTRA': ['{name}'], 'DEV'")
    )


def test_a_restarted_sequence_is_written(shop_on_postgres: Project) -> None:
    shop = shop_on_postgres
    shop.write(
        "shop/migrations/0003_restart.py",
        """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_fill")]
    operations = [
        migrations.RunSQL("ALTER SEQUENCE shop_kind_id_seq RESTART WITH 100000"),
        migrations.RunSQL("CREATE SEQUENCE down INCREMENT -1; SELECT nextval('down')"),
    ]
""",
    )
    add_to_extra(shop, "down.sql", "CREATE SEQUENCE down INCREMENT -1;")
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    text = shop.files[-1].read_text()
    assert "Let shop_kind.id count from 100000." in text
    assert "Let down count on after -1." in text
    assert "3 counters set forward" in ran.out
    assert shop.manage("schemadiff", "--check", "--rows").code == 0


def test_a_free_sequence_belongs_to_no_app(shop_on_postgres: Project) -> None:
    shop = shop_on_postgres
    shop.write("shop/migrations/0003_free.py", FREE)
    add_to_extra(shop, "free.sql", "CREATE SEQUENCE free;")
    assert shop.manage("schemadiff", "--acknowledge", "all").code == 0
    ran = shop.manage("schemadiff", "--rows", "--app", "auth")
    assert ran.code == 0, ran.err
    assert not [file for file in shop.files if file.name.endswith("_rows.sql")]
    assert "counter" not in ran.out
    ran = shop.manage("schemadiff", "--rows", "--dry-run", "--format", "json")
    assert "free" in ran.json["rows"]["counters"]
