"""The version of the installed distribution."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("django-schema-migrations")
except PackageNotFoundError:  # a source tree that is not installed
    VERSION = "0+unknown"
