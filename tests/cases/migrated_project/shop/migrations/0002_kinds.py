from django.db import migrations


def make_kinds(apps, schema_editor):
    kind = apps.get_model("shop", "Kind")
    for name in ("book", "record"):
        kind.objects.create(name=name)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(make_kinds, migrations.RunPython.noop)]
