"""The content system, on the engine of django-pg-zero-downtime-migrations."""

from __future__ import annotations

from tools.real_projects.wagtail_settings import *  # noqa: F403
from tools.real_projects.wagtail_settings import DATABASES

DATABASES["default"]["ENGINE"] = "django_zero_downtime_migrations.backends.postgres"
ZERO_DOWNTIME_MIGRATIONS_LOCK_TIMEOUT = "20s"
ZERO_DOWNTIME_MIGRATIONS_STATEMENT_TIMEOUT = "20s"
ZERO_DOWNTIME_MIGRATIONS_FLEXIBLE_STATEMENT_TIMEOUT = True
