"""Why a server refuses rows, without a value."""

from __future__ import annotations

import pytest

from schema_migrations.workflows.planning.rows_refusal import describe_refusal


@pytest.mark.parametrize(
    ("sqlstate", "message", "reason"),
    [
        ("22P02", 'invalid input syntax: "S3CR3T"', "a value does not fit"),
        ("P0001", "S3CR3T is taken", "a trigger, or a function that it calls, refuses"),
        (
            "23505",
            'duplicate key value violates unique constraint "one"\nDETAIL: (S3CR3T)',
            'duplicate key value violates unique constraint "one"',
        ),
        ("23503", 'insert violates foreign key constraint "two"', "DEFERRABLE"),
        ("", "FOREIGN KEY constraint failed", "DEFERRABLE"),
        ("", "", "the server gives no reason"),
    ],
)
def test_a_reason_holds_no_value(sqlstate: str, message: str, reason: str) -> None:
    described = describe_refusal(sqlstate, message)
    assert reason in described
    assert "S3CR3T" not in described
