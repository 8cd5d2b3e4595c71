"""What commands say of the rows that Django migrations leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schema_migrations.errors import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.management.base import CommandParser


def add_rows_of_option(parser: CommandParser) -> None:
    parser.add_argument(
        "--rows-of",
        action="append",
        default=[],
        metavar="TABLE=yes|no",
        dest="large_tables",
        help="with --rows: whether those of a table with more than 1,000 rows go into the"
        " file; no also leaves out a smaller table; repeatable",
    )


def read_large_tables(answers: Sequence[str]) -> dict[str, bool]:
    """Return table → answer; raise ``WrongUsage`` for another answer than yes or no."""
    read = {}
    for text in answers:
        table, _, answer = text.rpartition("=")
        if not table or answer not in ("yes", "no"):
            raise WrongUsage(
                problem=f"--rows-of {text}: that is neither TABLE=yes nor TABLE=no.",
                advice="For example: --rows-of geo_city=no",
            )
        read[table] = answer == "yes"
    return read
