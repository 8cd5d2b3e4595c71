"""The revisions table as a model, for the admin and for queries.

Invariant: unmanaged and read-only; only ``revision_store.py`` writes the table.
Django's ``flush`` empties managed tables: tests would lose the history of a managed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

if TYPE_CHECKING:
    from datetime import datetime


class Revision(models.Model):
    """A migration file that was run on this database, completely or in part."""

    version: models.CharField[str, str] = models.CharField(
        primary_key=True, max_length=255
    )
    description: models.CharField[str, str] = models.CharField(max_length=255)
    type: models.BigIntegerField[int, int] = models.BigIntegerField()
    applied: models.BigIntegerField[int, int] = models.BigIntegerField()
    total: models.BigIntegerField[int, int] = models.BigIntegerField()
    executed_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    execution_time: models.BigIntegerField[int, int] = models.BigIntegerField(
        help_text="Nanoseconds."
    )
    error: models.TextField[str | None, str | None] = models.TextField(null=True)
    error_stmt: models.TextField[str | None, str | None] = models.TextField(null=True)
    hash: models.CharField[str, str] = models.CharField(max_length=255)
    operator_version: models.CharField[str, str] = models.CharField(max_length=255)

    class Meta:
        managed = False
        db_table = "atlas_schema_revisions"
        ordering: ClassVar[list[str]] = ["version"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return (
            f"{self.version}_{self.description}" if self.description else self.version
        )
