"""Durations are read and written."""

from __future__ import annotations

import pytest

from schema_migrations.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60s", 60),
        ("500ms", 0.5),
        ("2min", 120),
        ("1h", 3600),
        (3, 3),
        ("7", 7),
        ("1.5s", 1.5),
    ],
)
def test_a_duration_is_read(value: object, expected: float) -> None:
    assert parse_duration(value) == pytest.approx(expected)


@pytest.mark.parametrize("value", [-1, True, None, "fast", "5 days", ""])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(value)


@pytest.mark.parametrize(
    ("seconds", "written"), [(0.0123, "12ms"), (1.44, "1.4s"), (125, "2m05s")]
)
def test_a_duration_is_written_for_people(seconds: float, written: str) -> None:
    assert format_duration(seconds) == written
