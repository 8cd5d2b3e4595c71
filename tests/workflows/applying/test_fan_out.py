"""What a run on many targets does before it forks; the rest is in ``tests/commands``."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connections

from schema_migrations.workflows.applying.fan_out import close_connections
from tests.fixtures.targets import use_as_default


def test_no_thread_of_a_pool_is_left_for_the_fork(pg_database: dict[str, Any]) -> None:
    before = set(threading.enumerate())
    with use_as_default({**pg_database, "OPTIONS": {"pool": True}}):
        connections["default"].ensure_connection()
        assert set(threading.enumerate()) - before
        close_connections()
        assert set(threading.enumerate()) <= before
