"""Test databases copied from templates instead of built from all files.

For Django's test runner set ``TEST_RUNNER = "schema_migrations.testing.TemplateRunner"``,
for others call ``use_templates()`` before the databases are created.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connections
from django.test.runner import DiscoverRunner

from schema_migrations.conf import list_managed_aliases
from schema_migrations.management.commands._failures import raise_command_errors
from schema_migrations.workflows.standing.templates import use_template


def use_templates(aliases: Collection[str] | None = None) -> None:
    """Make Django copy the test databases of managed aliases from templates.

    PostgreSQL only; elsewhere this does nothing.  A template is created when files
    changed, and kept on the server; one not used for a week is dropped.  Raises
    ``SchemaMigrationsError``.
    """
    for alias in list_managed_aliases():
        mirrored = connections[alias].settings_dict["TEST"]["MIRROR"]
        if not mirrored and (aliases is None or alias in aliases):
            use_template(alias)


class TemplateRunner(DiscoverRunner):
    """Django's test runner, with ``use_templates``."""

    def setup_databases(self, **kwargs: Any) -> Any:
        with raise_command_errors():
            use_templates(kwargs.get("aliases"))
        return super().setup_databases(**kwargs)
