"""A driver's exception becomes an error of ours, and nothing else does."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from schema_migrations.engines.driver_error import DriverError
from schema_migrations.engines.driver_errors import translate_driver_errors
from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import (
    ConfigError,
    InvalidSettings,
    PlanError,
    UnsupportedChange,
)

SQLITE = engine_for("sqlite")


def plan_error(failure: DriverError) -> PlanError:
    return UnsupportedChange(problem=f"refused: {failure.message}")


def broken() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("SELECT missing")


def test_what_the_driver_says_is_kept_as_the_cause() -> None:
    with (
        pytest.raises(PlanError, match="refused: no such column: missing") as caught,
        translate_driver_errors(SQLITE, plan_error),
    ):
        broken()
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_a_driver_exception_may_pass() -> None:
    with (
        pytest.raises(sqlite3.OperationalError),
        translate_driver_errors(SQLITE, lambda _: None),
    ):
        broken()


def test_an_error_of_ours_passes_with_its_cause() -> None:
    with (
        pytest.raises(ConfigError, match="the inner one"),
        translate_driver_errors(SQLITE, plan_error),
        translate_driver_errors(
            SQLITE, lambda failure: InvalidSettings(problem="the inner one")
        ),
    ):
        broken()


def test_another_exception_passes() -> None:
    with pytest.raises(ZeroDivisionError), translate_driver_errors(SQLITE, plan_error):
        divmod(1, 0)
