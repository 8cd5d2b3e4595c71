"""The queries for rows that single partitions refuse.

They are checked as those of ``test_row_queries.py`` are.
"""

from __future__ import annotations

import pytest

from tests.changes.scratch_servers import ScratchServer
from tests.engines.breaking_rows import POSTGRESQL, Case, check, list_restrictions

pytestmark = pytest.mark.every_postgres

U = "CREATE TABLE u (x integer PRIMARY KEY);"
TABLE = "CREATE TABLE t (id integer, a integer, b text) PARTITION BY RANGE (id);"
PART = "CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (100);"
PARTITIONED = f"{U} {TABLE} {PART}"
ROWS = "INSERT INTO t VALUES (1, 7, 'x'), (2, 7, 'y'), (50, NULL, NULL)"


def own(
    rule: str, code: str, *found: object, before: str = "", rows: str = ROWS
) -> Case:
    """Return the case of a rule that one partition gets for itself."""
    return Case(
        name=f"{rule} of a partition",
        on=POSTGRESQL,
        before=f"{PARTITIONED} {before}",
        after=f"{PARTITIONED} {rule};",
        rows=rows,
        code=code,
        found=[each for each in found if isinstance(each, tuple)],
        mend="DELETE FROM t WHERE id > 1; UPDATE t SET a = 9; INSERT INTO u VALUES (9)",
    )


ALTER = "ALTER TABLE p"
ONE, TWO, LAST = (1, 7, "x"), (2, 7, "y"), (50, None, None)

CASES = [
    own(f"{ALTER} ADD CONSTRAINT k CHECK (a > 7)", "new-check", ONE, TWO),
    own(
        f"{ALTER} ADD CONSTRAINT k CHECK (a > 8)",
        "new-check",
        ONE,
        TWO,
        before=f"{ALTER} ADD CONSTRAINT k CHECK (a > 1);",
    ),
    own(f"{ALTER} ADD CONSTRAINT k UNIQUE (a)", "new-unique", (7, 2)),
    own("CREATE UNIQUE INDEX k ON p (a)", "new-unique", (7, 2)),
    own(
        f"{ALTER} ADD CONSTRAINT k PRIMARY KEY (a)",
        "new-primary-key",
        (7, 2),
        before=f"{ALTER} ALTER a SET NOT NULL;",
        rows="INSERT INTO t VALUES (1, 7, 'x'), (2, 7, 'y')",
    ),
    own(f"{ALTER} ALTER a SET NOT NULL", "not-null", LAST),
    own(
        f"{ALTER} ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES u",
        "new-foreign-key",
        ONE,
        TWO,
    ),
    own(
        f"{ALTER} ADD CONSTRAINT k EXCLUDE USING btree (a WITH =)",
        "new-exclusion",
        ONE,
        TWO,
    ),
    Case(
        name="key of a partition that becomes a table",
        on=POSTGRESQL,
        before=f"{TABLE} {PART}",
        after=f"{TABLE} CREATE TABLE p (id integer, a integer UNIQUE, b text);",
        rows=ROWS,
        code="new-unique",
        found=[(7, 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_finds_what_a_partition_refuses(
    on_postgresql: ScratchServer, case: Case
) -> None:
    check(on_postgresql, case)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"{ALTER} ADD CONSTRAINT k CHECK (a > 7) NOT VALID;"),
        ("", "CREATE INDEX k ON p (a);"),
        (
            f"{ALTER} ADD CONSTRAINT k UNIQUE (a);",
            f"{ALTER} ADD CONSTRAINT l UNIQUE (a);",
        ),
        (
            "",
            "CREATE TABLE q PARTITION OF t (CHECK (a > 7), UNIQUE (a), a NOT NULL)"
            " FOR VALUES FROM (100) TO (200);",
        ),
    ],
)
def test_a_rule_of_a_partition_that_no_row_breaks_is_not_announced(
    on_postgresql: ScratchServer, before: str, after: str
) -> None:
    case = Case(before=f"{PARTITIONED} {before}", after=f"{PARTITIONED} {after}")
    assert list_restrictions(on_postgresql, case) == ()
