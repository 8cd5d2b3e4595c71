"""The revisions in Django's admin, read-only.

Invariant: rows cannot be added, changed or deleted here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from schema_migrations.models import Revision

if TYPE_CHECKING:
    from django.http import HttpRequest

    RevisionModelAdmin = admin.ModelAdmin[Revision]
else:
    RevisionModelAdmin = admin.ModelAdmin  # generic only in its stubs


@admin.register(Revision)
class RevisionAdmin(RevisionModelAdmin):
    list_display = (
        "version",
        "description",
        "applied",
        "total",
        "executed_at",
        "error",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
