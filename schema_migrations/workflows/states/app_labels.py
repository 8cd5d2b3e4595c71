"""The labels of apps that a setting or an option names."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps.registry import Apps

from schema_migrations.errors import UnknownApp


def check_labels(labels: Iterable[str], registry: Apps) -> None:
    """Raise ``UnknownApp`` for a label that no installed app has."""
    known = {config.label for config in registry.get_app_configs()}
    if unknown := sorted(set(labels) - known):
        raise UnknownApp(labels=tuple(unknown), known=tuple(sorted(known)))
