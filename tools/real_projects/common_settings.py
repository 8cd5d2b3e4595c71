"""The settings that all projects share; REAL_PROJECT_URL names the database."""

from __future__ import annotations

import os

from tools.urls import database_from_url


class NoMigrations:
    """A mapping that says that no app has migrations, so that ``--run-syncdb`` makes all."""

    def __contains__(self, label: str) -> bool:
        return True

    def __getitem__(self, label: str) -> None:
        return None


DATABASES = {"default": database_from_url(os.environ["REAL_PROJECT_URL"])}
if os.environ.get("REAL_PROJECT_MIGRATIONS") == "off":
    MIGRATION_MODULES = NoMigrations()

SCHEMA_MIGRATIONS = {
    "default": {"DIR": os.environ.get("REAL_PROJECT_DIR", "migrations")}
}
SECRET_KEY = "for comparisons only"
ROOT_URLCONF = "tools.real_projects.common_settings"
urlpatterns: list[object] = []
SITE_ID = 1
STATIC_URL = "/static/"
USE_TZ = True
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DJANGO_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.flatpages",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "schema_migrations",
    "tools.real_projects.changing",
]
