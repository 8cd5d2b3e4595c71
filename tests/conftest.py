"""Set Django up once, and load the fixtures by concern."""

from __future__ import annotations

import os
import signal

import django
import pytest

# A shell starts background jobs with SIGINT ignored, nohup ignores SIGHUP, and processes
# that the tests start would inherit that: an ignored signal survives exec, a handler not.
# https://man7.org/linux/man-pages/man7/signal.7.html
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, lambda number, frame: None),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

pytest.register_assert_rewrite("tests.changes.proof")
pytest_plugins = [
    "tests.fixtures.skips",
    "tests.fixtures.postgresql",
    "tests.fixtures.docker",
    "tests.fixtures.targets",
    "tests.fixtures.project",
    "tests.fixtures.replication",
    "tests.changes.places",
]
