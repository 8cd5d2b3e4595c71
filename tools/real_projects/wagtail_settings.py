"""A content system: multi-table inheritance, search vectors, GIN indexes, JSON."""

from __future__ import annotations

from tools.real_projects.common_settings import *  # noqa: F403
from tools.real_projects.common_settings import DJANGO_APPS

INSTALLED_APPS = [
    *DJANGO_APPS,
    "wagtail.contrib.forms",
    "wagtail.contrib.frontend_cache",
    "wagtail.contrib.redirects",
    "wagtail.contrib.search_promotions",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.contrib.styleguide",
    "wagtail.contrib.table_block",
    "wagtail.contrib.typed_table_block",
    "wagtail.admin",
    "wagtail.documents",
    "wagtail.embeds",
    "wagtail.images",
    "wagtail.locales",
    "wagtail.search",
    "wagtail.sites",
    "wagtail.snippets",
    "wagtail.users",
    "wagtail",
    "django_tasks",
    "modelcluster",
    "taggit",
]
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAIL_I18N_ENABLED = True
