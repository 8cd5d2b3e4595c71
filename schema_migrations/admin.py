"""The revisions in Django's admin, newest first, for each database with files.

Invariant: rows cannot be added, changed or deleted here, and a table that is missing or
cannot be read is a sentence on an empty page, not an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import DatabaseError, connections, transaction
from django.http import QueryDict

from schema_migrations.conf import (
    DEFAULT_ALIAS,
    find_revisions_schema,
    list_managed_aliases,
)
from schema_migrations.durations import format_duration
from schema_migrations.engines.registry import engine_for
from schema_migrations.history.failure import read_failure
from schema_migrations.history.revision import BASELINE, EXECUTE, RESOLVED
from schema_migrations.history.revisions_table import REVISIONS_TABLE
from schema_migrations.models import Revision
from schema_migrations.revision_store import RevisionStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.admin.views.main import ChangeList
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    RevisionModelAdmin = admin.ModelAdmin[Revision]
else:
    RevisionModelAdmin = admin.ModelAdmin  # generic only in its stubs

ALIAS_PARAMETER = "database"
KINDS = {
    BASELINE: "baseline",
    EXECUTE: "run",
    RESOLVED: "marked by hand",
    EXECUTE | RESOLVED: "run, then marked by hand",
}


def list_shown_aliases() -> list[str]:
    return [alias for alias in list_managed_aliases() if alias in connections]


def choose_alias(request: HttpRequest) -> str:
    """Return the alias that the page shows; the page of one row was reached by a list."""
    of_list = QueryDict(request.GET.get("_changelist_filters", ""))
    asked = request.GET.get(ALIAS_PARAMETER) or of_list.get(ALIAS_PARAMETER)
    aliases = list_shown_aliases()
    return asked if asked in aliases else next(iter(aliases), DEFAULT_ALIAS)


def explain_empty_page(alias: str) -> str:
    """Return why no row of an alias can be shown; empty: the table can be read."""
    connection = connections[alias]
    executor = engine_for(connection.vendor).executor
    no_table = (
        f"No file was applied to the database {alias!r} yet: it has no table"
        f" {REVISIONS_TABLE}."
    )
    missing = executor.missing_database
    if missing and missing.would_create_database(connection):
        return no_table
    try:
        # A failed query would end the transaction of the request.
        with transaction.atomic(using=alias):
            Revision.objects.using(alias).exists()
    except DatabaseError as error:
        found = executor.read_driver_error(error)
        if found and found.names_missing_object:
            return no_table
        reason = found.message if found else str(error)
        return f"The revisions of the database {alias!r} cannot be read: {reason}"
    return ""


def describe_failure(alias: str) -> str:
    """Return what failed and left no row; empty: nothing did."""
    connection = connections[alias]
    store = RevisionStore(
        connection=connection,
        engine=engine_for(connection.vendor),
        namespace=find_revisions_schema(alias) or "",
    )
    for row in store.query_rows():
        if row.is_rolled_back:
            return f"{row.file_stem} failed and left nothing: {read_failure(row).text}"
    return ""


class DatabaseFilter(admin.SimpleListFilter):
    """Links to the revisions of the other databases; without any it is not shown."""

    title = "database"
    parameter_name = ALIAS_PARAMETER

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        self.chosen = choose_alias(request)
        aliases = list_shown_aliases()
        return [(alias, alias) for alias in aliases] if len(aliases) > 1 else []

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Revision]
    ) -> QuerySet[Revision]:
        return queryset  # ``get_queryset`` asks the database already

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for alias, name in self.lookup_choices:
            query = changelist.get_query_string({ALIAS_PARAMETER: alias}, ["p"])
            yield {
                "selected": alias == self.chosen,
                "query_string": query,
                "display": name,
            }


@admin.register(Revision)
class RevisionAdmin(RevisionModelAdmin):
    list_display = (
        "version",
        "description",
        "describe_kind",
        "describe_progress",
        "executed_at",
        "describe_duration",
        "error",
    )
    list_filter = (DatabaseFilter,)
    search_fields = ("version", "description")
    ordering = ("-version",)
    fields = readonly_fields = (
        *list_display,
        "error_stmt",
        "hash",
        "operator_version",
    )

    @admin.display(description="kind", ordering="type")
    def describe_kind(self, revision: Revision) -> str:
        return KINDS.get(revision.type, str(revision.type))

    @admin.display(description="statements", ordering="applied")
    def describe_progress(self, revision: Revision) -> str:
        return f"{revision.applied} of {revision.total}"

    @admin.display(description="duration", ordering="execution_time")
    def describe_duration(self, revision: Revision) -> str:
        return format_duration(revision.execution_time / 1e9)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        alias = choose_alias(request)
        if explain_empty_page(alias):
            return Revision.objects.none()
        return Revision.objects.using(alias).order_by(*self.ordering)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        alias = choose_alias(request)
        if sentence := explain_empty_page(alias):
            messages.info(request, sentence)
        elif sentence := describe_failure(alias):
            messages.warning(request, sentence)
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
