"""The shop, with models that django-pghistory tracks and django-pgtrigger guards."""

from __future__ import annotations

from tools.real_projects.oscar_settings import *  # noqa: F403
from tools.real_projects.oscar_settings import INSTALLED_APPS

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "pgtrigger",
    "pghistory",
    "tools.real_projects.tracking",
]
# What only the packages' migrations would make on Django's side.
PGTRIGGER_INSTALL_ON_MIGRATE = True
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True
