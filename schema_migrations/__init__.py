"""Versioned raw-SQL schema migrations for Django."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("django-schema-migrations")
except PackageNotFoundError:  # a source tree that was not installed
    __version__ = "0+unknown"
