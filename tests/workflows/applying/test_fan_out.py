"""What a run on many targets does before it forks; the rest is in ``tests/commands``."""

from __future__ import annotations

import threading
from typing import Any

from django.db import connections

from schema_migrations.workflows.applying.fan_out import (
    Work,
    close_connections,
    work_on_target,
)
from schema_migrations.workflows.targets.addresses import Address
from tests.fixtures.targets import Place, use_as_default


def test_no_thread_of_a_pool_is_left_for_the_fork(pg_database: dict[str, Any]) -> None:
    before = set(threading.enumerate())
    with use_as_default({**pg_database, "OPTIONS": {"pool": True}}):
        connections["default"].ensure_connection()
        assert set(threading.enumerate()) - before
        close_connections()
        assert set(threading.enumerate()) <= before


def test_what_nobody_foresaw_is_the_failure_of_one_target(sqlite_place: Place) -> None:
    """It ends no worker, and says where its traceback is."""
    sqlite_place.write(_1_a="SELECT 1;")
    work = Work(
        alias="unheard of",
        directory=sqlite_place.directory,
        request=sqlite_place.make_request(),
        job="preview",
    )
    result = work_on_target(work, Address(label="tenant", url=None))
    assert result.error is not None
    assert "unheard of" in result.error.message
    assert "its traceback is in the log" in result.error.hint
