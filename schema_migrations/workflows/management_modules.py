"""The modules in which apps register receivers of signals, as Django's commands import them."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.utils.module_loading import module_has_submodule


def list_management_modules() -> Iterator[str]:
    """Yield the name of the package ``management`` of each app that has one.

    Django's ``migrate`` imports them before it sends a signal.
    """
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "management"):
            yield f"{config.name}.management"
