"""A small app for the adopted project: its Django history, and its later models."""

from __future__ import annotations

from pathlib import Path

NAME = "adopted"

MODELS = """
from django.conf import settings
from django.db import models


class Parcel(models.Model):
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    barcode = models.CharField(max_length=40, unique=True)
    weight = models.PositiveIntegerField(default=1, db_index=True)
"""

CHANGED = (
    MODELS.replace("max_length=40", "max_length=80").replace(", db_index=True", "")
    + """    note = models.TextField(default="none")

    class Meta:
        indexes = [models.Index(fields=["sender", "weight"], name="parcel_by_sender")]
        constraints = [
            models.CheckConstraint(condition=models.Q(weight__lt=5000), name="light")
        ]


class Stamp(models.Model):
    parcel = models.ForeignKey(Parcel, models.CASCADE)
    number = models.SmallIntegerField(unique=True)
"""
)

AFTER_RETURN = CHANGED + "    made = models.DateTimeField(null=True)\n"
"""The models after the project has gone back to Django's migrations."""

HISTORY = {
    "0001_initial": """
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel("Packet", [
            ("id", models.AutoField(primary_key=True)),
            ("sender", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
            ("code", models.CharField(max_length=40)),
            ("weight", models.PositiveIntegerField(default=1)),
        ]),
    ]
""",
    "0002_renamed": """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("adopted", "0001_initial")]
    operations = [
        migrations.AlterField("packet", "code", models.CharField(max_length=40, unique=True)),
        migrations.AlterField("packet", "weight", models.PositiveIntegerField(default=1, db_index=True)),
        migrations.RenameModel("Packet", "Parcel"),
        migrations.RenameField("parcel", "code", "barcode"),
        migrations.RunSQL("CREATE VIEW heavy_parcels AS SELECT id FROM adopted_parcel WHERE weight > 1000"),
        migrations.RunSQL("CREATE INDEX made_by_hand ON adopted_parcel (weight, barcode)"),
    ]
""",
}


def write_app(project: Path) -> None:
    """Write the app as it is before the project comes to us."""
    package = project / NAME
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "migrations/__init__.py").write_text("")
    for name, text in HISTORY.items():
        (package / f"migrations/{name}.py").write_text(text)
    write_models(project, MODELS)


def write_models(project: Path, models: str) -> None:
    """Replace the app's models."""
    (project / NAME / "models.py").write_text(models)
