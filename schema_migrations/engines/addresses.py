"""The interface of what turns URLs into settings and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from schema_migrations.engines.connection import DatabaseSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The functions that turn URLs into settings and back."""

    backend: str
    """Django's ``ENGINE`` for a database known only by its URL."""
    schemes: tuple[str, ...]
    """URL schemes that mean this engine."""
    settings_from_url: Callable[[str, Mapping[str, Any]], DatabaseSettings]
    """(URL, the alias's settings) → settings of the target; raises ``ConfigError``.

    The alias's settings are empty when it belongs to another engine.
    """
    format_masked_url: Callable[[Mapping[str, Any]], str]
    """Settings → URL for display, with its password masked."""
    with_namespace: Callable[[DatabaseSettings, str], DatabaseSettings] | None = None
    """(settings, namespace) → settings whose unqualified names resolve to that namespace.
    None: a database has a single namespace."""
