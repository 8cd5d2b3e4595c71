from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_kinds")]
    operations = [
        migrations.RunSQL(
            "CREATE VIEW shop_recent AS SELECT count(*) AS orders FROM shop_order"
            " WHERE placed > now() - interval '7 days'",
            "DROP VIEW shop_recent",
        )
    ]
