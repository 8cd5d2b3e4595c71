"""Set Django up once, and load the fixtures by concern."""

from __future__ import annotations

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

pytest_plugins = [
    "tests.fixtures.skips",
    "tests.fixtures.postgresql",
    "tests.fixtures.docker",
    "tests.fixtures.targets",
    "tests.fixtures.project",
    "tests.fixtures.replication",
]
