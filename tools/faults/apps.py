"""An app whose handler of ``post_migrate`` writes a row, as Django's own handlers do."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

SIGNAL_TABLE = "signalled"


class FaultsConfig(AppConfig):
    name = "tools.faults"

    def ready(self) -> None:
        post_migrate.connect(record_signal, sender=self)


def record_signal(using: str, **others: Any) -> None:
    """Insert the one row of ``SIGNAL_TABLE``, unless the row or no such table exists."""
    connection = connections[using]
    if SIGNAL_TABLE in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {SIGNAL_TABLE} VALUES ('post_migrate') ON CONFLICT DO NOTHING"
            )
