"""Describe all that decides whether files and models agree, without a server.

Two equal descriptions have the same answer: they hold what is loaded into the dev
database, as text, and the versions of what loads and reads it.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import django
from django.apps import AppConfig
from django.apps.registry import Apps
from django.conf import settings as django_settings
from django.db import connections, router
from django.db.migrations.loader import MIGRATIONS_MODULE_NAME

from schema_migrations.version import VERSION
from schema_migrations.workflows.states.imported_files import (
    SourceFile,
    find_imported_files,
)
from schema_migrations.workflows.states.inputs import Inputs
from schema_migrations.workflows.states.model_tables import find_referenced_models
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
    yield [(type(r).__qualname__, _stamp_module(type(r))) for r in router.routers]
    yield [
        (config.label, router.allow_migrate(inputs.alias, config.label))
        for config in inputs.registry.get_app_configs()
    ]
    directory = inputs.directory
    yield directory.sum_file_text, directory.overlooked
    # Not only the sums: what is marked atlas:sum ignore is in none.
    yield [(f.name, hashlib.sha256(f.content).digest()) for f in directory.files]
    yield [(extra.file, extra.statement.sql) for extra in inputs.extra_statements]


def describe_migrations(
    inputs: Inputs, *, imported: Container[str]
) -> tuple[tuple[str, str], ...]:
    """Return app and content of each app's Django migrations, which are not imported.

    ``imported`` are the modules that were there before.
    Raises ``OSError`` for what cannot be read so: migrations in an archive, for example.
    """
    configs = inputs.registry.get_app_configs()
    return tuple(_stamp_migrations(config, imported) for config in configs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsFingerprint:
    """Which models there are, and the SQL that makes their tables, as digests."""

    by_label: Mapping[str, str]
    """``shop.Order`` → of its table and those of its many-to-many fields; managed models."""
    others: str
    """Of all that is said of other models, and what packages make besides tables."""


def read_models_fingerprint(inputs: Inputs) -> ModelsFingerprint:
    """Return what changes with the models.

    Raises ``ConfigError`` and ``Unreachable`` where that cannot be known without a server.
    """
    alias, engine, labels = inputs.alias, inputs.engine, inputs.settings.apps
    own = connections[alias].settings_dict
    with engine.probe.hold_disconnected(own, alias) as connection:
        chosen = select_managed_models(
            connection, inputs.registry, alias, labels=labels
        )
        *parts, last = collect_model_statements(connection, chosen)
        referenced = collect_model_statements(
            connection, find_referenced_models(inputs.registry, labels)
        )
    by_label = {part.label: _digest((part.statements, part.deferred)) for part in parts}
    deferred = sum(len(part.deferred) for part in (*parts, last))
    others = (
        list(_describe_others(inputs.registry, by_label)),
        last.statements[: len(last.statements) - deferred],
        last.deferred,
        [(part.label, part.statements) for part in referenced],
    )
    return ModelsFingerprint(by_label=by_label, others=_digest(others))


def _describe_others(registry: Apps, labels: Container[str]) -> Iterator[object]:
    """Yield what decides how models are treated that are not among the labels."""
    for model in registry.get_models(include_auto_created=True):
        meta = model._meta
        owner: Any = meta.auto_created or model
        if owner._meta.label not in labels:
            yield meta.label, meta.db_table, meta.managed, meta.proxy, meta.swapped


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()


def _stamp_own_code() -> object:
    """Return what changes with the code of this package while it is developed."""
    if "dev" not in VERSION and "unknown" not in VERSION:
        return None
    files = [f for f in _list_files(Path(__file__).parents[2]) if f.suffix == ".py"]
    stamps = [(str(f), f.stat()) for f in files]
    return [(path, found.st_size, found.st_mtime_ns) for path, found in stamps]


def _stamp_module(kind: type) -> bytes:
    """Return what changes with the file that a class is from."""
    path = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).digest() if path else b""


def _stamp_migrations(config: AppConfig, imported: Container[str]) -> tuple[str, str]:
    """Return an app's label, and what changes with the files of its migrations.

    Those in folders below count, which they may read, and what they import.
    """
    modules = django_settings.MIGRATION_MODULES
    named = ""
    if config.label in modules:  # an object may support only that, and ``[]``
        named = modules[config.label]
    package = named or f"{config.name}.{MIGRATIONS_MODULE_NAME}"
    try:
        spec = find_spec(package)
    except Exception as error:  # whatever a package on the way, code of others, raises
        return config.label, f"{config.name} {named} {error!r}"
    digest = hashlib.sha256(repr((config.name, named)).encode())
    sources: list[SourceFile] = []
    for folder in (spec and spec.submodule_search_locations) or ():
        for path in _list_files(Path(folder)):
            _add_file(digest, path)
            if path.suffix == ".py":
                parts = path.parent.relative_to(folder).parts
                sources.append((path, ".".join((package, *parts))))
    for path in find_imported_files(sources, imported=imported):
        _add_file(digest, path)
    return config.label, digest.hexdigest()


def _list_files(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and below, but for what Python compiled."""
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.is_dir()) for entry in entries)
    for name, is_folder in found:
        if not is_folder:
            yield folder / name
        elif name != "__pycache__":
            yield from _list_files(folder / name)


_SETTING = re.compile(rb"\bsettings\.([A-Z][A-Z0-9_]*)")
_ENVIRONMENT_WORDS = re.compile(rb"\b(?:environb?|getenvb?)\b")


def _add_file(digest: hashlib._Hash, path: Path) -> None:
    """Add a file's path and content, and what it looks at; a link may lead to nothing.

    A migration may have other operations with another setting or variable.
    """
    content = path.read_bytes() if path.is_file() else b""
    digest.update(repr((str(path), hashlib.sha256(content).digest())).encode())
    for name in sorted({each.decode() for each in _SETTING.findall(content)}):
        value = getattr(django_settings, name, None)
        digest.update(repr((name, value)).encode())
    if _ENVIRONMENT_WORDS.search(content):
        digest.update(repr(sorted(os.environ.items())).encode())
