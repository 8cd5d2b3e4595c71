"""Set Django up once, and load the fixtures by concern."""

from __future__ import annotations

import os
import signal

import django

# A shell starts background jobs with SIGINT ignored, and processes started by the tests
# would inherit that: https://docs.python.org/3/library/signal.html#signal.SIG_IGN
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
