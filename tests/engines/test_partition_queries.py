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
ALONE = "CREATE TABLE p (id integer, a integer, b text);"
FROM, LIST, HASH = (
    TABLE.replace("RANGE (id)", k) for k in ("RANGE (a, id)", "LIST (b)", "HASH (id)")
)
DEFAULT = "CREATE TABLE o PARTITION OF t DEFAULT;"


def placed(
    name: str, before: str, after: str, *found: object, code: str = "misplaced-rows"
) -> Case:
    """Return the case of a partition whose rows, or others, are beyond its bounds."""
    table = "p" if ALONE in before else "t"
    return Case(
        name=name,
        on=POSTGRESQL,
        before=before,
        after=after,
        rows=ROWS.replace("INTO t", f"INTO {table}"),
        code=code,
        found=[each for each in found if isinstance(each, tuple)],
        mend=f"DELETE FROM {table} WHERE id IN ({', '.join(str(each[0]) for each in found if isinstance(each, tuple))})",
    )


def part(name: str, bounds: str, *, of: str = "t") -> str:
    return f"CREATE TABLE {name} PARTITION OF {of} {bounds};"


def bounded(lower: object, upper: object) -> str:
    return f"FOR VALUES FROM ({lower}) TO ({upper})"


KEYED = TABLE.replace("id integer", "id integer PRIMARY KEY")
REFERRING = "CREATE TABLE v (x integer REFERENCES t);"
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
    placed(
        "narrower bounds",
        TABLE + PART,
        TABLE + part("p", bounded(1, 10)),
        LAST,
    ),
    placed(
        "other values",
        LIST + part("p", "FOR VALUES IN ('x', 'y', NULL)"),
        LIST + part("p", "FOR VALUES IN ('y', NULL)"),
        ONE,
    ),
    placed(
        "list without NULL",
        LIST + part("p", "FOR VALUES IN ('x', 'y', NULL)"),
        LIST + part("p", "FOR VALUES IN ('x', 'y')"),
        LAST,
    ),
    placed(
        "table that becomes a partition",
        TABLE + ALONE,
        TABLE + part("p", bounded(2, 100)),
        ONE,
    ),
    placed(
        "partition of two columns",
        FROM + ALONE,
        FROM + part("p", bounded("7, 2", "8, 0")),
        ONE,
        LAST,
    ),
    placed(
        "table that becomes a hashed partition",
        HASH + ALONE,
        HASH + part("p", "FOR VALUES WITH (MODULUS 3, REMAINDER 0)"),
        ONE,
    ),
    placed(
        "table that becomes the default partition",
        TABLE + part("q", bounded(2, 100)) + ALONE,
        TABLE + part("q", bounded(2, 100)) + part("p", "DEFAULT"),
        TWO,
        LAST,
    ),
    placed(
        "default partition that gets bounds",
        TABLE + part("p", "DEFAULT"),
        TABLE + part("p", bounded(1, 10)),
        LAST,
    ),
    placed(
        "new partition beside one that becomes the default",
        TABLE + PART,
        TABLE + part("p", "DEFAULT") + part("q", bounded(1, 10)),
        ONE,
        TWO,
        code="new-partition",
    ),
    placed(
        "wider partition beside the default one",
        TABLE + DEFAULT + part("p", bounded(1, 10)),
        TABLE + DEFAULT + part("p", bounded(1, 51)),
        LAST,
        code="new-partition",
    ),
    placed(
        "partition of a partition",
        TABLE
        + PART.replace(";", " PARTITION BY LIST (b);")
        + part("q", "DEFAULT", of="p"),
        TABLE
        + PART.replace(";", " PARTITION BY LIST (b);")
        + part("q", "DEFAULT", of="p")
        + part("r", "FOR VALUES IN ('x')", of="p"),
        ONE,
        code="new-partition",
    ),
    Case(
        name="narrower bounds of a renamed column",
        on=POSTGRESQL,
        before=TABLE + PART,
        after=TABLE.replace("id", "key") + part("p", bounded(1, 10)),
        rows=ROWS,
        code="misplaced-rows",
        found=[(50,)],
        mend="DELETE FROM t WHERE id = 50",
        renames=(("t.id", "key"),),
    ),
    Case(
        name="partition with rows that others refer to",
        on=POSTGRESQL,
        before=KEYED + PART + REFERRING,
        after=KEYED
        + "CREATE TABLE p (id integer PRIMARY KEY, a integer, b text);"
        + REFERRING,
        rows=f"{ROWS}; INSERT INTO v VALUES (50), (NULL)",
        code="referenced-partition",
        found=[(50,)],
        mend="DELETE FROM v WHERE x = 50",
    ),
    Case(
        name="partition that leaves as another one comes",
        on=POSTGRESQL,
        before=KEYED
        + PART
        + "CREATE TABLE q (id integer PRIMARY KEY, a integer, b text);"
        + REFERRING,
        after=KEYED
        + "CREATE TABLE p (id integer PRIMARY KEY, a integer, b text);"
        + part("q", bounded(1, 100))
        + REFERRING,
        rows=f"{ROWS}; INSERT INTO v VALUES (50), (NULL)",
        code="referenced-partition",
        found=[(50,)],
        mend="DELETE FROM v WHERE x = 50",
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
        ("ALTER TABLE t ALTER a SET NOT NULL;", f"{ALTER} ALTER a SET NOT NULL;"),
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


WIDER = [
    (TABLE, bounded(1, 100), bounded(1, 1000)),
    (TABLE, bounded(10, 100), bounded(9, "MAXVALUE")),
    (TABLE, bounded("MINVALUE", 100), bounded("MINVALUE", 101)),
    (TABLE.replace("id integer", "id bigint"), bounded(9, 10), bounded(-1, 100)),
    (
        TABLE.replace("id integer", "id date"),
        bounded("'2020-01-01'", "'2021-01-01'"),
        bounded("'2019-01-01'", "'2022-01-01'"),
    ),
    (LIST, "FOR VALUES IN ('x', NULL)", "FOR VALUES IN (NULL, 'y', 'x')"),
    (
        HASH,
        "FOR VALUES WITH (MODULUS 4, REMAINDER 3)",
        "FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    ),
]


@pytest.mark.parametrize(("table", "bounds", "wider"), WIDER)
def test_bounds_that_only_widen_are_not_announced(
    on_postgresql: ScratchServer, table: str, bounds: str, wider: str
) -> None:
    case = Case(before=table + part("p", bounds), after=table + part("p", wider))
    assert list_restrictions(on_postgresql, case) == ()


@pytest.mark.parametrize(
    ("type_", "bounds", "others"),
    [
        ("text", bounded("'1'", "'9'"), bounded("'1'", "'10'")),
        (
            "date",
            bounded("'2020-01-01'", "'2021-01-01'"),
            bounded("'2020-02-01'", "'2022-01-01'"),
        ),
        ("bigint", bounded(9, 10), bounded(10, 12)),
    ],
)
def test_bounds_of_any_type_that_may_not_hold_a_row_are_announced(
    on_postgresql: ScratchServer, type_: str, bounds: str, others: str
) -> None:
    table = TABLE.replace("id integer", f"id {type_}")
    case = Case(before=table + part("p", bounds), after=table + part("p", others))
    (restriction,) = list_restrictions(on_postgresql, case)
    assert restriction.code == "misplaced-rows"


def test_a_hashed_partition_of_a_table_that_is_new_has_no_query(
    on_postgresql: ScratchServer,
) -> None:
    """Before the file has run, a query about it would fail."""
    case = Case(
        before=ALONE, after=HASH + part("p", "FOR VALUES WITH (MODULUS 3, REMAINDER 0)")
    )
    (restriction,) = list_restrictions(on_postgresql, case)
    assert (restriction.code, restriction.query) == ("misplaced-rows", "")


def test_a_narrower_partition_takes_no_rows_of_the_default_one(
    on_postgresql: ScratchServer,
) -> None:
    case = Case(
        before=TABLE + DEFAULT + PART,
        after=TABLE + DEFAULT + part("p", bounded(1, 10)),
    )
    (restriction,) = list_restrictions(on_postgresql, case)
    assert restriction.code == "misplaced-rows"
