"""What the settings of all projects share; variables of the environment name the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tools.urls import database_from_url

DATABASES = {"default": database_from_url(os.environ["TAKEOVER_URL"])}
SCHEMA_MIGRATIONS: dict[str, dict[str, Any]] = {
    "default": {
        "DIR": os.environ["TAKEOVER_DIR"],
        "EXTRA": [os.environ["TAKEOVER_EXTRA"]],
        "DEV": "embedded",
    }
}


def with_apps_of_ours(installed: Sequence[str]) -> list[str]:
    """Return the project's apps and those of this package that a step is about.

    Ours come first: a project may have a command ``migrate`` of its own.
    """
    return [*os.environ["TAKEOVER_APPS"].split(), *installed]
