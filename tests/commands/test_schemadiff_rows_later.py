"""A file of rows that follows others, on databases that are in use."""

from __future__ import annotations

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
    shop.write("down.sql", "CREATE SEQUENCE down INCREMENT -1;")
    settings = shop.base / "settings.py"
    settings.write_text(
        settings.read_text().replace("'DEV'", "'EXTRA': ['down.sql'], 'DEV'")
    )
    ran = shop.manage("schemadiff", "--rows")
    assert ran.code == 0, ran.err
    text = shop.files[-1].read_text()
    assert "Let shop_kind.id count from 100000." in text
    assert "Let down count on after -1." in text
    assert shop.manage("schemadiff", "--check", "--rows").code == 0
