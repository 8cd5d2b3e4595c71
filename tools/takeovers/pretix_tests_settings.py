"""The same with the apps that its tests bring."""

from __future__ import annotations

from tests.settings import *  # noqa: F403 - settings extend others
from tests.settings import INSTALLED_APPS
from tools.takeovers.common_settings import *  # noqa: F403 - settings extend others
from tools.takeovers.common_settings import with_apps_of_ours

INSTALLED_APPS = with_apps_of_ours(INSTALLED_APPS)
MIGRATION_MODULES: dict[str, str] = {}
