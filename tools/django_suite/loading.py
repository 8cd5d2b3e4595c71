"""Find Django's test apps, and load some of them as Django does.

Invariant: nothing here knows an app by its name; Django says what an app needs, and why
one cannot be loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import django
from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.postgres.operations import CreateExtension
from django.db import connections
from django.db.migrations.state import AppConfigStub
from django.db.models import Model

ALWAYS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sites",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.staticfiles",
    "django.contrib.flatpages",
    "django.contrib.redirects",
]
"""The apps that Django's ``runtests.py`` installs with each app, or with some."""


class NotLoaded(Exception):
    """Django itself cannot load an app; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Models that go into one database: those of some apps, and those they refer to."""

    registry: Apps
    labels: frozenset[str]
    own_models: tuple[type[Model], ...]
    """The models of the apps that were asked for, without proxies and unmanaged ones."""


def set_up_django(tests: Path) -> None:
    """Set Django up without any test app and without a database."""
    sys.path.insert(0, str(tests))
    settings.configure(
        INSTALLED_APPS=[*ALWAYS, "schema_migrations"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SECRET_KEY="for comparisons only",
        SITE_ID=1,
        STATIC_URL="static/",
        USE_TZ=False,
    )
    django.setup()


def use_databases(databases: dict[str, dict[str, Any]]) -> None:
    """Replace the databases that Django knows by these."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        del connections[connection.alias]
    settings.DATABASES = databases
    connections.settings = connections.configure_settings(databases)


def find_apps(tests: Path) -> tuple[str, ...]:
    """Find the folders that hold models; return their dotted names."""
    modules = [*tests.rglob("models.py"), *tests.rglob("models/__init__.py")]
    folders = {
        path.parent if path.name == "models.py" else path.parent.parent
        for path in modules
    }
    return tuple(sorted(".".join(f.relative_to(tests).parts) for f in folders))


def load_apps(names: Sequence[str], others: Iterable[str]) -> tuple[Group, ...]:
    """Install apps and those of ``others`` that their models refer to.

    Returns one group for Django's registry, and some for each registry that an app has
    made itself.  Raises whatever the apps raise.
    """
    wanted = list(names)
    while True:
        installed_apps.set_installed_apps([*settings.INSTALLED_APPS, *wanted])
        # These wait for models that are not installed; Django has no public name for them.
        missing = {label for label, _ in installed_apps._pending_operations}
        found = [x for x in others if x not in wanted and _label_of(x) in missing]
        if not found:
            break
        wanted += found
    groups = [_make_group(registry, names) for registry in _find_registries(names)]
    return tuple(group for group in groups if group.own_models)


def find_app_of(model: type[Model], names: Iterable[str]) -> str:
    """Return which of these apps a model's module belongs to; empty: none of them."""
    return max(
        (name for name in names if _is_within(model.__module__, name)), default=""
    )


def find_extensions(name: str) -> tuple[CreateExtension, ...]:
    """Find the operations of an app's Django migrations that create extensions."""
    try:
        package = import_module(f"{name}.migrations")
    except ModuleNotFoundError:
        return ()
    modules = (
        import_module(f"{package.__name__}.{module.name}")
        for module in iter_modules(package.__path__)
    )
    return tuple(
        operation
        for module in modules
        for operation in module.Migration.operations
        if isinstance(operation, CreateExtension)
    )


def _label_of(name: str) -> str:
    return name.rpartition(".")[2]


def _is_within(module: str, name: str) -> bool:
    return f"{module}.".startswith(f"{name}.")


def _find_registries(names: Sequence[str]) -> Iterator[Apps]:
    yield installed_apps
    seen = {id(installed_apps)}
    for module in list(sys.modules.values()):
        if any(_is_within(getattr(module, "__name__", ""), name) for name in names):
            for value in vars(module).values():
                if isinstance(value, Apps) and id(value) not in seen:
                    seen.add(id(value))
                    yield from _split_registry(value)


def _split_registry(registry: Apps) -> Iterator[Apps]:
    """Split a registry into registries with one model for each table.

    Tests make models in a registry of their own, several for a table.  No app is
    installed there, so ``get_models`` needs the stubs that Django's historical states use.
    """
    models = [m for of in registry.all_models.values() for m in of.values()]
    left = models
    while left:
        chosen = {_table_of(model): model for model in reversed([*left, *models])}
        left = [model for model in left if chosen[_table_of(model)] is not model]
        yield _make_registry(chosen.values())


def _table_of(model: type[Model]) -> str:
    options = model._meta
    makes_one = options.managed and not options.proxy
    return options.db_table if makes_one else options.label


def _make_registry(models: Iterable[type[Model]]) -> Apps:
    made = Apps()
    for model in models:
        label = model._meta.app_label
        if label not in made.app_configs:
            made.app_configs[label] = config = AppConfigStub(label)
            config.apps, config.models = made, {}
        made.app_configs[label].models[model.__name__.lower()] = model
    return made


def _make_group(registry: Apps, names: Sequence[str]) -> Group:
    own = tuple(
        model
        for model in registry.get_models()
        if find_app_of(model, names)
        and model._meta.managed
        and not model._meta.proxy
        and not model._meta.swapped
    )
    labels: set[str] = set()
    waiting = {model._meta.app_label for model in own}
    while waiting:
        label = waiting.pop()
        labels.add(label)
        waiting |= (
            _find_referenced_labels(
                registry.get_app_config(label).get_models(include_auto_created=True)
            )
            - labels
        )
    return Group(registry=registry, labels=frozenset(labels), own_models=own)


def _find_referenced_labels(models: Iterable[type[Model]]) -> set[str]:
    """Find the labels of the apps whose models these models refer to."""
    fields = (field for model in models for field in model._meta.local_fields)
    related = {field.related_model for field in fields}
    return {m._meta.app_label for m in related if m and not isinstance(m, str)}
