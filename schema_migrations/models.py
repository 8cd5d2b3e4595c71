"""The revisions table as a model, for the admin and for queries.

Invariant: unmanaged, and no instance is saved: ``revision_store.py`` writes the table,
and no fixture carries its rows to another database.
Django's ``flush`` empties managed tables: tests would lose the history of a managed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.management.base import CommandError
from django.db import models
from django.db.models.signals import pre_save
from django.db.models.sql import Query
from django.db.models.sql.datastructures import BaseTable
from django.dispatch import receiver

from schema_migrations.conf import find_revisions_schema
from schema_migrations.errors import RevisionsReadOnly
from schema_migrations.history.revisions_table import (
    ATLAS_CLOUD_VERSION,
    REVISIONS_TABLE,
)

if TYPE_CHECKING:
    from datetime import datetime


class RevisionsTable(BaseTable):
    """The table in a ``FROM``, in the schema where the alias has its revisions."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        # Imported here: few commands of a project ask the table.
        from schema_migrations.engines.registry import engine_for

        sql, parameters = super().as_sql(compiler, connection)
        engine = engine_for(connection.vendor)
        if schema := find_revisions_schema(connection.alias):
            sql = f"{engine.dialect.quote(schema)}.{sql}"
        elif own := engine.executor.own_revisions_condition:
            table = connection.ops.quote_name(self.table_name)
            alias = sql.removeprefix(table).strip() or table  # as Django refers to it
            sql = f"(SELECT * FROM {table} WHERE {own}) AS {alias}"
        return sql, parameters


class RevisionsQuery(Query):
    base_table_class = RevisionsTable


class RevisionManager(models.Manager["Revision"]):
    """Finds the rows of files, in the table of the alias that is asked."""

    def get_queryset(self) -> models.QuerySet[Revision]:
        rows: models.QuerySet[Revision] = models.QuerySet(
            self.model, query=RevisionsQuery(self.model), using=self._db
        )
        return rows.exclude(version=ATLAS_CLOUD_VERSION)


class EmptyRevisionManager(models.Manager["Revision"]):
    """Finds nothing, and asks no database."""

    def get_queryset(self) -> models.QuerySet[Revision]:
        return super().get_queryset().none()


class Revision(models.Model):
    """A migration file that was run on this database, completely or in part.

    ``Revision.objects`` finds the rows.  The default manager finds none: with it
    ``dumpdata`` collects what it writes, and the history of one database must not be
    loaded into another.
    """

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

    objects = RevisionManager()
    no_rows = EmptyRevisionManager()

    class Meta:
        managed = False
        db_table = REVISIONS_TABLE
        ordering: ClassVar[list[str]] = ["version"]
        default_permissions = ("view",)
        default_manager_name = "no_rows"
        base_manager_name = "no_rows"

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Any = None,
        from_queryset: models.QuerySet[Revision] | None = None,
    ) -> None:
        """Read fields again: Django would ask the base manager, which finds no row."""
        if from_queryset is None:
            from_queryset = Revision.objects.using(self._state.db)
        super().refresh_from_db(using, fields, from_queryset)

    def __str__(self) -> str:
        return (
            f"{self.version}_{self.description}" if self.description else self.version
        )


@receiver(pre_save, sender=Revision)
def refuse_to_save(instance: Revision, *, raw: bool, **kwargs: Any) -> None:
    """Raise instead of saving; ``loaddata`` shows a ``CommandError`` without traceback."""
    error = RevisionsReadOnly(version=instance.version)
    raise CommandError(str(error)) if raw else error
