"""The work on one target: what its result says, and when a survey may say it."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import pytest

from schema_migrations.workflows.applying.hooks import all_files_applied
from schema_migrations.workflows.applying.selection import Selection
from schema_migrations.workflows.applying.target_work import (
    Job,
    Work,
    may_survey,
    work_on_target,
)
from schema_migrations.workflows.targets.addresses import Address
from tests.fixtures.targets import Place


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


@pytest.mark.parametrize(
    ("job", "change", "surveyed"),
    [
        ("preview", {}, True),
        ("status", {"sends_signals": True}, True),
        ("apply", {}, True),
        ("apply", {"sends_signals": True}, False),
        ("preview", {"selection": Selection(to="1")}, False),
        ("preview", {"selection": Selection(baseline="1")}, False),
    ],
)
def test_a_survey_leaves_out_no_call_and_no_answer(
    job: Job, change: dict[str, Any], surveyed: bool, sqlite_place: Place
) -> None:
    sqlite_place.write(_1_a="SELECT 1;")
    request = replace(sqlite_place.make_request(), **change)
    work = Work(
        alias="default", directory=sqlite_place.directory, request=request, job=job
    )
    assert may_survey(work) is surveyed


def test_nobody_is_called_after_the_last_receiver_went(sqlite_place: Place) -> None:
    sqlite_place.write(_1_a="SELECT 1;")
    request = sqlite_place.make_request()
    work = Work(alias="default", directory=sqlite_place.directory, request=request)

    def receive(**options: Any) -> None: ...

    all_files_applied.connect(receive)
    del receive
    gc.collect()
    assert may_survey(work)


def test_a_receiver_is_called_on_each_target(sqlite_place: Place) -> None:
    sqlite_place.write(_1_a="SELECT 1;")
    request = sqlite_place.make_request()
    work = Work(alias="default", directory=sqlite_place.directory, request=request)

    def receive(**options: Any) -> None: ...

    all_files_applied.connect(receive)
    try:
        assert not may_survey(work)
    finally:
        all_files_applied.disconnect(receive)
    assert may_survey(work)
