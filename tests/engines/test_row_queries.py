"""Each query for breaking rows, run on the real server: it finds them, and nothing else.

What it finds is what the server refuses: the plan fails while such rows are there, and
passes once they are mended.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.changes.scratch_servers import ScratchServer
from tests.engines.breaking_rows import (
    BOTH,
    POSTGRESQL,
    SQLITE,
    Case,
    T,
    check,
    find,
    list_restrictions,
    open_two,
    plan,
)

COPIES = "INSERT INTO t VALUES (1, 7, 1), (2, 7, 2), (3, 8, 1), (4, NULL, 1), (5, NULL, 1), (6, 7, 1)"
U = "CREATE TABLE u (x integer, y integer, PRIMARY KEY (x, y));"
PAIR = f"{U} CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer%s);"

UNIQUE = Case(
    name="unique",
    after=T % ", CONSTRAINT k UNIQUE (a)",
    rows=COPIES,
    code="new-unique",
    found=[(7, 3)],
    mend="DELETE FROM t WHERE id IN (2, 6)",
)

PERIODS = "CREATE TABLE {} (id integer PRIMARY KEY, a int4range, b daterange{});"
PARENT = PERIODS.format("u", ", CONSTRAINT uk UNIQUE (a, b WITHOUT OVERLAPS)")

CASES = [
    UNIQUE,
    Case(
        name="unique together",
        after=T % ", CONSTRAINT k UNIQUE (a, b)",
        rows=COPIES,
        code="new-unique",
        found=[(7, 1, 2)],
        mend="DELETE FROM t WHERE id = 6",
    ),
    Case(
        name="unique and NULL counts",
        on=POSTGRESQL,
        since=15,
        after=T % ", CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a)",
        rows=COPIES,
        code="new-unique",
        found=[(7, 3), (None, 2)],
        mend="DELETE FROM t WHERE id IN (2, 5, 6)",
    ),
    replace(
        UNIQUE,
        name="unique at the end of the transaction",
        on=POSTGRESQL,
        after=T % ", CONSTRAINT k UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
    ),
    replace(
        UNIQUE,
        name="unique with covered columns",
        on=POSTGRESQL,
        after=T % ", CONSTRAINT k UNIQUE (a) INCLUDE (b)",
    ),
    Case(
        name="partial index",
        after=T % "" + "CREATE UNIQUE INDEX k ON t (a DESC) WHERE b > 1;",
        rows="INSERT INTO t VALUES (1, 7, 1), (2, 7, 1), (3, 8, 2), (4, 8, 3), (5, 9, 2)",
        code="new-unique",
        found=[(8, 2)],
        mend="DELETE FROM t WHERE id = 4",
    ),
    Case(
        name="index whose NULLs count",
        on=POSTGRESQL,
        since=15,
        after=T % "" + "CREATE UNIQUE INDEX k ON t (a) INCLUDE (b) NULLS NOT DISTINCT"
        " WITH (fillfactor = 70) WHERE b > 0;",
        rows=COPIES,
        code="new-unique",
        found=[(7, 3), (None, 2)],
        mend="DELETE FROM t WHERE id IN (2, 5, 6)",
    ),
    Case(
        name="index on expressions",
        before="CREATE TABLE t (id integer PRIMARY KEY, a varchar(20), b varchar(20));",
        after="CREATE TABLE t (id integer PRIMARY KEY, a varchar(20), b varchar(20));"
        "CREATE UNIQUE INDEX k ON t (lower(a), (b || ', (x'));",
        rows="INSERT INTO t VALUES (1, 'Ab', 'c'), (2, 'aB', 'c'), (3, 'ab', 'd'), (4, NULL, 'c'), (5, NULL, 'c')",
        code="new-unique",
        found=[("ab", "c, (x", 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="index with an operator class and a collation",
        on=POSTGRESQL,
        before='CREATE TABLE t (id integer PRIMARY KEY, "A b" text);',
        after='CREATE TABLE t (id integer PRIMARY KEY, "A b" text);'
        'CREATE UNIQUE INDEX k ON t ("A b" COLLATE "C" text_pattern_ops DESC NULLS LAST);',
        rows="INSERT INTO t VALUES (1, 'x'), (2, 'x'), (3, 'X'), (4, NULL), (5, NULL)",
        code="new-unique",
        found=[("x", 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="index that ignores case",
        on=SQLITE,
        before='CREATE TABLE t (id integer PRIMARY KEY, "A b" text);',
        after='CREATE TABLE t (id integer PRIMARY KEY, "A b" text);'
        'CREATE UNIQUE INDEX k ON t ("A b" COLLATE NOCASE DESC);',
        rows="INSERT INTO t VALUES (1, 'x'), (2, 'X'), (3, 'y'), (4, NULL), (5, NULL)",
        code="new-unique",
        found=[("x", 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="check",
        after=T % ", CONSTRAINT k CHECK (a > 7 OR b < 2)",
        rows=COPIES + ", (7, NULL, 5)",
        code="new-check",
        found=[(2, 7, 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="check with quotes",
        before="CREATE TABLE t (id integer PRIMARY KEY, a varchar(20));",
        after="CREATE TABLE t (id integer PRIMARY KEY, a varchar(20),"
        " CONSTRAINT k CHECK (a <> 'it''s (' AND a <> ')'));",
        rows="INSERT INTO t VALUES (1, 'it''s ('), (2, 'x'), (3, NULL), (4, ')')",
        code="new-check",
        found=[(1, "it's ("), (4, ")")],
        mend="DELETE FROM t WHERE id IN (1, 4)",
    ),
    Case(
        name="foreign key",
        before="CREATE TABLE u (x integer PRIMARY KEY);"
        "CREATE TABLE t (id integer PRIMARY KEY, a integer);",
        after="CREATE TABLE u (x integer PRIMARY KEY);"
        "CREATE TABLE t (id integer PRIMARY KEY, a integer,"
        " CONSTRAINT k FOREIGN KEY (a) REFERENCES u ON DELETE SET NULL"
        " DEFERRABLE INITIALLY DEFERRED);",
        rows="INSERT INTO u VALUES (1); INSERT INTO t VALUES (1, 1), (2, 2), (3, NULL)",
        code="new-foreign-key",
        found=[(2, 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="foreign key to the same table",
        after=T % ", CONSTRAINT k FOREIGN KEY (a) REFERENCES t (id)",
        rows="INSERT INTO t VALUES (1, 2, 1), (2, 2, 1), (3, 4, 1), (5, NULL, 1)",
        code="new-foreign-key",
        found=[(3, 4, 1)],
        mend="DELETE FROM t WHERE id = 3",
    ),
    Case(
        name="composite foreign key",
        before=PAIR % "",
        after=PAIR % ", CONSTRAINT k FOREIGN KEY (a, b) REFERENCES u (x, y)",
        rows="INSERT INTO u VALUES (1, 1), (2, 2);"
        "INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, 1, NULL), (4, NULL, NULL)",
        code="new-foreign-key",
        found=[(2, 1, 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="composite foreign key that matches in full",
        on=POSTGRESQL,
        before=PAIR % "",
        after=PAIR % ", CONSTRAINT k FOREIGN KEY (a, b) REFERENCES u (x, y) MATCH FULL",
        rows="INSERT INTO u VALUES (1, 1), (2, 2);"
        "INSERT INTO t VALUES (1, 1, 1), (2, 1, 2), (3, 1, NULL), (4, NULL, NULL)",
        code="new-foreign-key",
        found=[(2, 1, 2), (3, 1, None)],
        mend="DELETE FROM t WHERE id IN (2, 3)",
    ),
    Case(
        name="foreign key to a new table",
        after="CREATE TABLE u (x integer PRIMARY KEY);"
        + T % ", CONSTRAINT k FOREIGN KEY (a) REFERENCES u (x)",
        rows="INSERT INTO t VALUES (1, 2, 1), (2, NULL, 1)",
        code="new-foreign-key",
        found=[(1, 2, 1)],
        mend="DELETE FROM t WHERE id = 1",
    ),
    Case(
        name="exclusion",
        on=POSTGRESQL,
        before="CREATE TABLE t (id integer PRIMARY KEY, a int4range, b integer);",
        after="CREATE TABLE t (id integer PRIMARY KEY, a int4range, b integer,"
        " CONSTRAINT k EXCLUDE USING gist (a WITH &&, int4range(b, b, '[]') WITH =)"
        " WHERE (b > 0));",
        rows="INSERT INTO t VALUES (1, '[1,4)', 1), (2, '[3,5)', 1), (3, '[3,5)', 2),"
        " (4, '[1,9)', 0), (5, '[1,9)', 0), (6, NULL, 1), (7, '[4,6)', 1)",
        code="new-exclusion",
        found=[(1, "[1, 4)", 1), (2, "[3, 5)", 1), (7, "[4, 6)", 1)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="unique without overlaps",
        on=POSTGRESQL,
        since=18,
        before=PERIODS.format("t", ""),
        after=PERIODS.format("t", ", CONSTRAINT k UNIQUE (a, b WITHOUT OVERLAPS)"),
        rows="INSERT INTO t VALUES (1, '[1,2)', '[2024-01-01,2024-02-01)'),"
        " (2, '[1,2)', '[2024-01-31,2024-03-01)'), (3, '[1,2)', '[2024-03-01,)'),"
        " (4, '[1,3)', '[2024-01-01,)'), (5, NULL, '[2024-01-01,)'),"
        " (6, NULL, '[2024-01-01,)'), (7, '[5,6)', NULL), (8, '[5,6)', NULL),"
        " (9, '[6,7)', 'empty')",
        code="new-unique",
        found=[
            (1, "[1, 2)", "[2024-01-01, 2024-02-01)"),
            (2, "[1, 2)", "[2024-01-31, 2024-03-01)"),
            (9, "[6, 7)", "empty"),
        ],
        mend="DELETE FROM t WHERE id IN (2, 9)",
    ),
    Case(
        name="foreign key with a period",
        on=POSTGRESQL,
        since=18,
        before=PARENT + PERIODS.format("t", ""),
        after=PARENT
        + PERIODS.format(
            "t",
            ", CONSTRAINT k FOREIGN KEY (a, PERIOD b) REFERENCES u (a, PERIOD b)",
        ),
        rows="INSERT INTO u VALUES (1, '[1,2)', '[2024-01-01,2024-02-01)'),"
        " (2, '[1,2)', '[2024-02-01,2024-03-01)'), (3, '[2,3)', '[2024-03-01,)');"
        "INSERT INTO t VALUES (1, '[1,2)', '[2024-01-15,2024-02-15)'),"
        " (2, '[1,2)', '[2024-02-15,2024-03-02)'), (3, '[3,4)', '[2024-01-15,2024-02-15)'),"
        " (4, NULL, '[2024-01-15,2024-02-15)'), (5, '[3,4)', NULL),"
        " (6, '[2,3)', '[2024-05-01,)')",
        code="new-foreign-key",
        found=[
            (2, "[1, 2)", "[2024-02-15, 2024-03-02)"),
            (3, "[3, 4)", "[2024-01-15, 2024-02-15)"),
        ],
        mend="DELETE FROM t WHERE id IN (2, 3)",
    ),
    Case(
        name="not null",
        after="CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL, b integer);",
        rows="INSERT INTO t VALUES (1, 1, NULL), (2, NULL, 1)",
        code="not-null",
        found=[(2, None, 1)],
        mend="DELETE FROM t WHERE id = 2",
        defaults={"t.a": ""},
    ),
    Case(
        name="primary key",
        before="CREATE TABLE t (id integer NOT NULL, a integer);",
        after="CREATE TABLE t (id integer NOT NULL, a integer, CONSTRAINT k PRIMARY KEY (id));",
        rows="INSERT INTO t VALUES (1, 1), (2, 1), (1, 2)",
        code="new-primary-key",
        found=[(1, 2)],
        mend="DELETE FROM t WHERE a = 2",
    ),
    Case(
        name="renamed table and column",
        after="CREATE TABLE s (id integer PRIMARY KEY, c integer, b integer,"
        " CONSTRAINT k UNIQUE (c, b), CONSTRAINT l CHECK (c > b));",
        rows="INSERT INTO t VALUES (1, 7, 1), (2, 7, 1), (3, 8, 1)",
        code="new-unique",
        found=[(7, 1, 2)],
        mend="DELETE FROM t WHERE id = 2",
        renames=(("t", "s"), ("t.a", "c")),
    ),
    Case(
        name="converted column",
        before="CREATE TABLE t (id integer PRIMARY KEY, a varchar(9), b integer);",
        after="CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer,"
        " CONSTRAINT k UNIQUE (a, b));",
        rows="INSERT INTO t VALUES (1, '7', 1), (2, '007', 1), (3, '7', 2)",
        code="new-unique",
        found=[(7, 1, 2)],
        mend="DELETE FROM t WHERE id = 2",
        defaults={"t.a": "CAST(a AS integer)"},
    ),
    Case(
        name="new column with a value from another",
        after="CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer,"
        " c integer NOT NULL, CONSTRAINT k CHECK (c < 3));",
        rows="INSERT INTO t VALUES (1, 1, 1), (2, 2, 1)",
        code="new-check",
        found=[(3,)],
        mend="DELETE FROM t WHERE id = 2",
        defaults={"t.c": "a + b"},
    ),
    Case(
        name="new reference to what may be missing",
        before="CREATE TABLE u (x integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY);",
        after="CREATE TABLE u (x integer PRIMARY KEY);"
        "CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL,"
        " CONSTRAINT k FOREIGN KEY (a) REFERENCES u (x));",
        rows="INSERT INTO t VALUES (1)",
        code="new-foreign-key",
        found=[(5,)],
        mend="INSERT INTO u VALUES (5)",
        defaults={"t.a": "5"},
    ),
]


@pytest.fixture(params=BOTH)
def server(request: pytest.FixtureRequest) -> ScratchServer:
    fixture: ScratchServer = request.getfixturevalue(f"on_{request.param}")
    return fixture


@pytest.mark.every_postgres
@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "postgresql" in case.on],
    ids=lambda case: case.name,
)
def test_it_finds_what_postgresql_refuses(
    on_postgresql: ScratchServer, case: Case
) -> None:
    check(on_postgresql, case)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "sqlite" in case.on],
    ids=lambda case: case.name,
)
def test_it_finds_what_sqlite_refuses(on_sqlite: ScratchServer, case: Case) -> None:
    check(on_sqlite, case)


NEW = "CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer, c integer%s);"


@pytest.mark.parametrize(
    ("before", "after", "defaults"),
    [
        (T % "", T % "" + "CREATE INDEX k ON t (a);", {}),
        ("", T % ", CONSTRAINT k UNIQUE (a), CONSTRAINT l CHECK (b > 0)", {}),
        (T % "", NEW % ", CONSTRAINT k UNIQUE (c), CONSTRAINT l CHECK (c > 0)", {}),
        (T % "", NEW % ", CONSTRAINT k FOREIGN KEY (c) REFERENCES t (id)", {}),
        (T % "", NEW % " NOT NULL, CONSTRAINT k CHECK (c > 0)", {"t.c": "1"}),
        (T % ", CONSTRAINT k UNIQUE (a)", T % ", CONSTRAINT l UNIQUE (a)", {}),
        (
            T % ", CONSTRAINT k UNIQUE (a)",
            T % "" + "CREATE UNIQUE INDEX k ON t (a);",
            {},
        ),
        (
            T % ", CONSTRAINT k FOREIGN KEY (a) REFERENCES t (id)",
            T % ", CONSTRAINT k FOREIGN KEY (a) REFERENCES t (id) ON DELETE CASCADE",
            {},
        ),
    ],
    ids=[
        "plain index",
        "new table",
        "new empty column",
        "new empty reference",
        "new value that passes the check",
        "renamed",
        "another form of the same",
        "another action",
    ],
)
def test_what_no_row_can_break_is_not_announced(
    server: ScratchServer, before: str, after: str, defaults: dict[str, str]
) -> None:
    case = Case(before=before, after=after, defaults=defaults)
    assert list_restrictions(server, case) == ()


def test_a_value_that_breaks_the_check_is_announced(server: ScratchServer) -> None:
    case = Case(
        after=NEW % " NOT NULL, CONSTRAINT k CHECK (c > 0)", defaults={"t.c": "-1"}
    )
    first, second = open_two(server)
    with first as one, second as two:
        proposal = plan(server, case, one, two)
        assert proposal.plan is not None
        (restriction,) = proposal.plan.restrictions
        assert restriction.code == "new-check"
        assert find(one, restriction.query) == [(-1,)]


@pytest.mark.parametrize("rule", ["CHECK (a > 0)", "FOREIGN KEY (a) REFERENCES t (id)"])
def test_constraints_that_skip_existing_rows(
    on_postgresql: ScratchServer, rule: str
) -> None:
    after = f"{T % ''} ALTER TABLE t ADD CONSTRAINT k {rule} NOT VALID;"
    assert list_restrictions(on_postgresql, Case(after=after)) == ()


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("CHECK (a > 0)", "new-check"),
        ("FOREIGN KEY (a) REFERENCES t (id)", "new-foreign-key"),
    ],
)
def test_constraints_that_become_valid(
    on_postgresql: ScratchServer, rule: str, code: str
) -> None:
    case = Case(
        on=POSTGRESQL,
        before=f"{T % ''} ALTER TABLE t ADD CONSTRAINT k {rule} NOT VALID;",
        after=T % f", CONSTRAINT k {rule}",
        rows="ALTER TABLE t DISABLE TRIGGER ALL; ALTER TABLE t DROP CONSTRAINT k;"
        f"INSERT INTO t VALUES (1, 1, 1), (2, -1, 1);"
        f"ALTER TABLE t ADD CONSTRAINT k {rule} NOT VALID, ENABLE TRIGGER ALL",
        code=code,
        found=[(2, -1, 1)],
        mend="DELETE FROM t WHERE id = 2",
    )
    check(on_postgresql, case)
