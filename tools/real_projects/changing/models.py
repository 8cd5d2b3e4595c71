"""Models that belong to every project; REAL_PROJECT_ROUND says how old they are."""

from __future__ import annotations

import os

from django.conf import settings
from django.db import models

IS_CHANGED = os.environ.get("REAL_PROJECT_ROUND") == "2"


class Remark(models.Model):
    id = models.BigAutoField(primary_key=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=not IS_CHANGED
    )
    title = models.CharField(max_length=80 if IS_CHANGED else 50, db_index=True)
    rank = models.BigIntegerField() if IS_CHANGED else models.IntegerField()
    if IS_CHANGED:
        stars = models.PositiveIntegerField(default=0, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["author", "rank"] if IS_CHANGED else ["rank"], name="one_rank"
            ),
        ]


if IS_CHANGED:

    class Answer(models.Model):
        remark = models.OneToOneField(Remark, models.CASCADE, primary_key=True)
