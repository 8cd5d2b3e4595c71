"""System checks: what is wrong with ``SCHEMA_MIGRATIONS``, before a command meets it.

Invariant: they open no database and no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error, register

from schema_migrations.conf import current_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.apps import AppConfig


@register()
def settings_are_valid(
    *, app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Report every problem of the setting, each with its hint."""
    return [
        Error(p.message, hint=p.hint, id=f"schema_migrations.{p.code}")
        for p in current_problems()
    ]
