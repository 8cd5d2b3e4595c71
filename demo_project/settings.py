"""Settings of the demo shop.

Its models use ranges and arrays, so it lives on PostgreSQL (15 or later): on the
server that DEMO_DATABASE_URL names, else on one at this machine's usual socket.
``schemadiff`` needs neither: without a server it starts an embedded one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent


def database(url: str) -> dict[str, Any]:
    """Return the DATABASES entry for a libpq URL."""
    given = dict(conninfo_to_dict(url))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": given.pop("dbname", None) or "shop",
        "USER": given.pop("user", None) or "",
        "PASSWORD": given.pop("password", None) or "",
        "HOST": given.pop("host", None) or "",
        "PORT": str(given.pop("port", None) or ""),
        "OPTIONS": given,
    }


SECRET_KEY = os.environ.get("DEMO_SECRET_KEY", "for-the-demo-only-" + "x" * 50)
DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

DATABASES = {"default": database(os.environ.get("DEMO_DATABASE_URL", ""))}

SCHEMA_MIGRATIONS: dict[str, dict[str, Any]] = {
    "default": {"DIR": BASE_DIR / "migrations"},
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "schema_migrations",
    "schema_migrations.takeover",
    "demo_project.accounts",
    "demo_project.catalogue",
    "demo_project.orders",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
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

AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "demo_project.urls"
SITE_ID = 1
STATIC_URL = "static/"
TIME_ZONE = "UTC"
USE_TZ = True
