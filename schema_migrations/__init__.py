"""Versioned raw-SQL schema migrations for Django.

The stable names are those of ``schema_migrations.api``, and can be imported from here:
``from schema_migrations import diff, read_schema``.  They are looked up on demand,
since Django imports this package before its settings and apps are ready.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from schema_migrations.version import VERSION

if TYPE_CHECKING:
    from schema_migrations.api import *  # noqa: F403

__version__ = VERSION


def __getattr__(name: str) -> Any:
    if not name.startswith("_"):
        api = import_module("schema_migrations.api")
        if name in api.__all__:
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    api = import_module("schema_migrations.api")
    return sorted([*api.__all__, "__version__"])
