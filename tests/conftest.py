"""Set Django up once, and load the fixtures by concern."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import django
import pytest

MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 << 30


def _keep_files_in_memory() -> None:
    """Put temporary files, so the servers' databases, into memory where it is plentiful.

    Thousands of databases are made and dropped: on a disk that is most of the time.
    ``TMPDIR`` names another place.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


_keep_files_in_memory()

# Hundreds of commands run as processes: compiling the same modules each time costs more
# than what they do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell starts background jobs with SIGINT ignored, nohup ignores SIGHUP, and processes
# that the tests start would inherit that: an ignored signal survives exec, a handler not.
# https://man7.org/linux/man-pages/man7/signal.7.html
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, lambda number, frame: None),
):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

# What one test found is not for another, nor for the person at the keyboard.
os.environ["SCHEMA_MIGRATIONS_CACHE"] = "off"

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

pytest.register_assert_rewrite("tests.changes.proof")
pytest_plugins = [
    "tests.fixtures.fast",
    "tests.fixtures.skips",
    "tests.fixtures.postgresql",
    "tests.fixtures.scratch",
    "tests.fixtures.docker",
    "tests.fixtures.targets",
    "tests.fixtures.commands",
    "tests.fixtures.project",
    "tests.fixtures.rows",
    "tests.fixtures.receivers",
    "tests.fixtures.replication",
    "tests.changes.scratch_servers",
]
