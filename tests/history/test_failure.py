"""What the row of a failed file tells later is what the failed run told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schema_migrations.errors import StatementFailed
from schema_migrations.history.failure import Failure, format_failure, read_failure
from tests.history.test_comparison import rows


def failed(
    said: str, *, sqlstate: str, cause: str = "", advice: str = ""
) -> StatementFailed:
    return StatementFailed(
        problem="",
        file="2_b.sql",
        line=3,
        server_message=said,
        sqlstate=sqlstate,
        cause=cause,
        advice=advice,
    )


@pytest.mark.parametrize(
    ("error", "text", "failure"),
    [
        (
            failed("no", sqlstate="23505", cause="rows"),
            "2_b.sql:3: no (23505: rows)",
            Failure(
                message="no", place="2_b.sql:3", line=3, sqlstate="23505", cause="rows"
            ),
        ),
        (
            failed("no such table: t (x)", sqlstate="SQLITE_ERROR", advice="Correct."),
            "2_b.sql:3: no such table: t (x) (SQLITE_ERROR)",
            Failure(
                message="no such table: t (x)",
                place="2_b.sql:3",
                line=3,
                sqlstate="SQLITE_ERROR",
            ),
        ),
        (
            StatementFailed(
                problem="2_b.sql: it leaves rows:\n    1 of t",
                file="2_b.sql",
                advice="Do.",
            ),
            "2_b.sql: it leaves rows:\n    1 of t\nNext: Do.",
            Failure(message="2_b.sql: it leaves rows:\n    1 of t", advice="Do."),
        ),
        (
            StatementFailed(problem="2_b.sql:3: gone.", file="2_b.sql", line=3),
            "2_b.sql:3: gone.",
            Failure(message="gone.", place="2_b.sql:3", line=3),
        ),
        (StatementFailed(problem="(a)"), "(a)", Failure(message="(a)")),
        (StatementFailed(problem=""), "", Failure(message="")),
    ],
)
def test_what_is_written_is_read(
    error: StatementFailed, text: str, failure: Failure
) -> None:
    assert format_failure(error) == text
    row = replace(rows("2:0/1")[0], error=text)
    assert read_failure(row) == failure
    first, *_ = text.partition("\nNext")
    assert failure.text == first.replace(": rows)", ")")


def test_of_atlas_nothing_but_the_message_is_taken() -> None:
    text = "pq: refused (23505)"
    row = replace(rows("2:0/1")[0], error=text, operator_version="Atlas CLI v0.30")
    assert read_failure(row) == Failure(message=text)
