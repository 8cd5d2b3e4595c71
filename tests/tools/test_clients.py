"""What no ``pg_dump`` compares is a failure, unless there is a reason for it."""

from __future__ import annotations

import pytest

from tools.clients import WITHOUT_PG_DUMP, describe_gap, find_clients, is_gap_known

KNOWN = {19: "it is no release yet"}


def test_a_missing_pg_dump_is_known_only_with_a_reason() -> None:
    assert is_gap_known(19, KNOWN)
    assert not is_gap_known(18, KNOWN)
    assert all(WITHOUT_PG_DUMP.values())


def test_it_is_said_what_is_not_compared_and_why() -> None:
    assert describe_gap(19, KNOWN) == (
        "NOT COMPARED by pg_dump: none here reads PostgreSQL 19, which is known:"
        " it is no release yet"
    )
    assert describe_gap(18, KNOWN) == (
        "NOT COMPARED by pg_dump: none here reads PostgreSQL 18. Install it, or write"
        " down in tools.clients why it is missing"
    )


@pytest.mark.slow("processes")
def test_no_pg_dump_reads_a_major_to_come() -> None:
    assert find_clients(999) is None
