"""Describe all that decides whether files and models agree, without a server.

Two equal descriptions have the same answer: they hold what is loaded into the dev
database, as text, and the versions of what loads and reads it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import django
from django.apps import AppConfig
from django.conf import settings as django_settings
from django.db import connections
from django.db.migrations.loader import MIGRATIONS_MODULE_NAME

from schema_migrations.version import VERSION
from schema_migrations.workflows.states.inputs import Inputs
from schema_migrations.workflows.states.models_ddl import (
    collect_model_statements,
    select_managed_models,
)

_ENVIRONMENT = ("PG", "LC_", "LANG", "TZ")
"""How the names of variables begin that libpq and a server read."""


def describe_inputs(inputs: Inputs, environment: Mapping[str, str]) -> Iterator[object]:
    """Yield what is known without models and migrations: versions, settings, files."""
    yield from (VERSION, _stamp_own_code(), sys.version_info[:], django.VERSION)
    yield sorted((n, v) for n, v in environment.items() if n.startswith(_ENVIRONMENT))
    yield inputs.settings
    database = connections[inputs.alias].settings_dict
    yield sorted((n, v) for n, v in database.items() if n != "PASSWORD")
    directory = inputs.directory
    yield directory.sum_file_text, directory.overlooked
    yield [(extra.file, extra.statement.sql) for extra in inputs.extra_statements]


def describe_migrations(inputs: Inputs) -> tuple[tuple[str, str], ...]:
    """Return app and content of each app's Django migrations, which are not imported."""
    configs = inputs.registry.get_app_configs()
    return tuple(_stamp_migrations(config) for config in configs)


def describe_models(inputs: Inputs) -> Iterator[object]:
    """Yield which models there are, and the SQL that makes their tables.

    Raises ``ConfigError`` and ``Unreachable`` where that cannot be known without a server.
    """
    for model in inputs.registry.get_models(include_auto_created=True):
        meta = model._meta
        yield meta.label_lower, meta.db_table, meta.managed, meta.proxy
    alias, engine = inputs.alias, inputs.engine
    own = connections[alias].settings_dict
    with engine.probe.hold_disconnected(own, alias) as connection:
        chosen = select_managed_models(
            connection, inputs.registry, alias, labels=inputs.settings.apps
        )
        for part in collect_model_statements(connection, chosen):
            yield part.label
            yield from part.statements


def _stamp_own_code() -> object:
    """Return what changes with the code of this package while it is developed."""
    if "dev" not in VERSION and "unknown" not in VERSION:
        return None
    folder = Path(__file__).parents[2]
    files = sorted(folder.rglob("*.py"))
    return [(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files]


def _stamp_migrations(config: AppConfig) -> tuple[str, str]:
    """Return an app's name, and what changes with the files of its migrations."""
    modules = django_settings.MIGRATION_MODULES
    named = ""
    if config.label in modules:  # an object may support only that, and ``[]``
        named = modules[config.label]
    package = named or f"{config.name}.{MIGRATIONS_MODULE_NAME}"
    try:
        spec = find_spec(package)
    except (ImportError, ValueError) as error:
        return config.name, f"{named} {error}"
    digest = hashlib.sha256(repr(named).encode())
    for folder in (spec and spec.submodule_search_locations) or ():
        with os.scandir(folder) as entries:
            files = sorted((e.name, e.path) for e in entries if e.is_file())
        for name, path in files:
            content = hashlib.sha256(Path(path).read_bytes()).digest()
            digest.update(repr((name, content)).encode())
    return config.name, digest.hexdigest()
