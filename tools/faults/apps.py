"""An app whose handler of ``post_migrate`` leaves a trace, as Django's own ones do."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

SIGNALLED = "signalled"


class Faults(AppConfig):
    name = "tools.faults"

    def ready(self) -> None:
        post_migrate.connect(leave_trace, sender=self)


def leave_trace(using: str, **others: Any) -> None:
    """Write the one row, if it is not there."""
    connection = connections[using]
    if SIGNALLED in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {SIGNALLED} VALUES ('post_migrate') ON CONFLICT DO NOTHING"
            )
