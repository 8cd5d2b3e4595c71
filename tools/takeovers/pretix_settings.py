"""Sales of tickets, with the settings of its own tests, migrations switched on."""

from __future__ import annotations

from pretix.testutils.settings import *  # noqa: F403 - settings extend others
from pretix.testutils.settings import INSTALLED_APPS

from tools.takeovers.common_settings import *  # noqa: F403 - settings extend others
from tools.takeovers.common_settings import with_apps_of_ours

INSTALLED_APPS = with_apps_of_ours(INSTALLED_APPS)
MIGRATION_MODULES: dict[str, str] = {}
