"""Translation of software, with the settings of its own tests."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from unittest.mock import MagicMock

# The older release asks for it.
os.environ.setdefault("CI_DATABASE", "postgresql")
if not find_spec("gi"):
    # The older release draws pictures with libraries that the registry has no wheels of.
    # Nothing is drawn here.
    sys.modules |= dict.fromkeys(("cairo", "gi", "gi.repository"), MagicMock())

from weblate.settings_test import *  # noqa: F403 - settings extend others
from weblate.settings_test import INSTALLED_APPS

from tools.takeovers.common_settings import *  # noqa: F403 - settings extend others
from tools.takeovers.common_settings import with_apps_of_ours

INSTALLED_APPS = with_apps_of_ours(INSTALLED_APPS)
