"""The queries for values that do not fit: NULL, narrower types, domains, enums, STRICT.

They are checked as those of ``test_row_queries.py`` are.
"""

from __future__ import annotations

import pytest

from tests.changes.scratch_servers import ScratchServer
from tests.engines.breaking_rows import (
    BOTH,
    POSTGRESQL,
    SQLITE,
    Case,
    check,
    list_losses,
    list_restrictions,
)

ONE = "CREATE TABLE t (id integer PRIMARY KEY, a {});"


def narrow(before: str, after: str, values: str, *found: object) -> Case:
    """Return the case of a column ``a`` that gets another type."""
    listed = ", ".join(
        f"({id_}, {value})" for id_, value in enumerate(values.split(", "), 1)
    )
    rows = [tuple(each) for each in found if isinstance(each, tuple)]
    return Case(
        name=f"{before} to {after}",
        on=POSTGRESQL,
        before=ONE.format(before),
        after=ONE.format(after),
        rows=f"INSERT INTO t VALUES {listed}",
        code="narrower-type",
        found=rows,
        mend=f"DELETE FROM t WHERE id IN ({', '.join(str(row[0]) for row in rows)})",
    )


DOMAIN = "CREATE DOMAIN d AS {}; CREATE TABLE t (id integer PRIMARY KEY, a {});"
CHECKED = "{} CONSTRAINT low CHECK (VALUE > 0)"
ENUM = "CREATE TYPE d AS ENUM ({}); CREATE TABLE t (id integer PRIMARY KEY, a {});"

PARTITIONED = (
    "CREATE TABLE t (id integer, a integer, b text) PARTITION BY {};"
    "CREATE TABLE o PARTITION OF t DEFAULT;"
)

SUBPARTITIONED = (
    "CREATE TABLE t (id integer, a integer, b text) PARTITION BY RANGE (a);"
    "CREATE TABLE a_part PARTITION OF t FOR VALUES FROM (1) TO (5) PARTITION BY {};"
    'CREATE TABLE "o ""q" PARTITION OF a_part DEFAULT;'
)
REFERENCED = (
    "CREATE TABLE t (id integer PRIMARY KEY) PARTITION BY LIST (id);"
    "CREATE TABLE o PARTITION OF t FOR VALUES IN (2); {}"
    "CREATE TABLE c (id integer, t integer REFERENCES t);"
)

CASES = [
    narrow(
        "varchar(50)",
        "varchar(5)",
        "'12345', '123456', '12345   ', 'ééééé', NULL",
        (2, "123456"),
    ),
    narrow("text", "char(3)", "'123', '1234', '123  ', NULL", (2, "1234")),
    narrow("bigint", "varchar(3)", "123, -123, NULL", (2, -123)),
    narrow(
        "bigint",
        "integer",
        "2147483647, 2147483648, -2147483648, -2147483649, NULL",
        (2, 2147483648),
        (4, -2147483649),
    ),
    narrow(
        "numeric(10,2)",
        "smallint",
        "32767.49, 32767.50, -32768.49, -32768.50",
        (2, "32767.50"),
        (4, "-32768.50"),
    ),
    narrow(
        "double precision",
        "bigint",
        "9223372036854774784, 9223372036854775808, -9223372036854775808, 'NaN', '-Infinity', 0.5",
        (2, "9.223372036854776e+18"),
        (4, "nan"),
        (5, "-inf"),
    ),
    narrow(
        "double precision",
        "integer",
        "2147483647.4, 2147483647.5, -2147483648.5, -2147483649",
        (2, "2147483647.5"),
        (4, "-2147483649.0"),
    ),
    narrow(
        "numeric(10,2)",
        "numeric(6,2)",
        "9999.99, 10000.00, -9999.99, -10000, NULL",
        (2, "10000.00"),
        (4, "-10000.00"),
    ),
    narrow("numeric(6,2)", "numeric(5,1)", "9999.94, 9999.95, 'NaN'", (2, "9999.95")),
    narrow(
        "numeric", "numeric(3,3)", "0.9994, 0.9995, 'NaN', 1", (2, "0.9995"), (4, "1")
    ),
    narrow("bigint", "numeric(4,2)", "99, 100, -99, -100", (2, 100), (4, -100)),
    narrow("real", "numeric(4,2)", "99.99, 99.996, 'NaN'", (2, "99.996")),
    Case(
        name="narrower and renamed",
        on=POSTGRESQL,
        before=ONE.format("varchar(50)"),
        after="CREATE TABLE s (id integer PRIMARY KEY, c varchar(3));",
        rows="INSERT INTO t VALUES (1, '123'), (2, '1234')",
        code="narrower-type",
        found=[(2, "1234")],
        mend="DELETE FROM t WHERE id = 2",
        renames=(("t", "s"), ("t.a", "c")),
    ),
    Case(
        name="narrower by an expression",
        on=POSTGRESQL,
        before=ONE.format("varchar(50)"),
        after=ONE.format("varchar(3)"),
        rows="INSERT INTO t VALUES (1, '123 '), (2, ' 1234')",
        code="narrower-type",
        found=[(2, " 1234")],
        mend="DELETE FROM t WHERE id = 2",
        defaults={"t.a": "trim(a)"},
    ),
    Case(
        name="domain with a new check",
        on=POSTGRESQL,
        before=DOMAIN.format("integer", "d"),
        after=DOMAIN.format(CHECKED.format("integer"), "d"),
        rows="INSERT INTO t VALUES (1, 1), (2, 0), (3, NULL)",
        code="tighter-domain",
        found=[(2, 0)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="domain that becomes not null",
        on=POSTGRESQL,
        before=DOMAIN.format("integer", "d"),
        after=DOMAIN.format("integer NOT NULL", "d"),
        rows="INSERT INTO t VALUES (1, 1), (3, NULL)",
        code="tighter-domain",
        found=[(3, None)],
        mend="DELETE FROM t WHERE id = 3",
    ),
    Case(
        name="domain below a domain",
        on=POSTGRESQL,
        before="CREATE DOMAIN d AS integer; CREATE DOMAIN e AS d;" + ONE.format("e"),
        after=f"CREATE DOMAIN d AS {CHECKED.format('integer')}; CREATE DOMAIN e AS d;"
        + ONE.format("e"),
        rows="INSERT INTO t VALUES (1, 1), (2, 0), (3, NULL)",
        code="tighter-domain",
        found=[(2, 0)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="domain in a column called value",
        on=POSTGRESQL,
        before="CREATE DOMAIN d AS integer; CREATE TABLE t (id integer PRIMARY KEY,"
        " value integer, other d);",
        after=f"CREATE DOMAIN d AS {CHECKED.format('integer')};"
        " CREATE TABLE t (id integer PRIMARY KEY, value integer, other d);",
        rows="INSERT INTO t VALUES (1, 0, 1), (2, 1, 0)",
        code="tighter-domain",
        found=[(2, 1, 0)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="domain of another type in an array",
        on=POSTGRESQL,
        before=DOMAIN.format("integer", "d[]"),
        after=DOMAIN.format(CHECKED.format("bigint"), "d[]"),
        rows="INSERT INTO t VALUES (1, '{1,2}'), (2, '{1,0}'), (3, NULL), (4, '{NULL}')",
        code="tighter-domain",
        found=[(2, "{1,0}")],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="domain of a narrower type",
        on=POSTGRESQL,
        before=DOMAIN.format("varchar(9)", "d"),
        after=DOMAIN.format("integer", "d").replace("integer;", "varchar(3);"),
        rows="INSERT INTO t VALUES (1, '123'), (2, '1234'), (3, NULL)",
        code="narrower-type",
        found=[(2, "1234")],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="enum without a label",
        on=POSTGRESQL,
        before=ENUM.format("'a', 'it''s'", "d"),
        after=ENUM.format("'a'", "d"),
        rows="INSERT INTO t VALUES (1, 'a'), (2, 'it''s'), (3, NULL)",
        code="removed-label",
        found=[(2, "it's")],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="array of an enum without a label",
        on=POSTGRESQL,
        before=ENUM.format("'a', 'b', 'c'", "d[]"),
        after=ENUM.format("'a'", "d[]"),
        rows="INSERT INTO t VALUES (1, '{a}'), (2, '{a,c}'), (3, NULL)",
        code="removed-label",
        found=[(2, "{a,c}")],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="below a txmode",
        on=POSTGRESQL,
        before=ENUM.format("'a'", "d"),
        after=ENUM.format("'a', 'b'", "d DEFAULT 'b', CONSTRAINT k UNIQUE (a)"),
        rows="INSERT INTO t VALUES (1, 'a'), (2, 'a')",
        code="new-unique",
        found=[("a", 2)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    *(
        Case(
            name=f"new partition {bounds} beside a default one",
            on=POSTGRESQL,
            before=PARTITIONED.format(key),
            after=f"{PARTITIONED.format(key)} CREATE TABLE p PARTITION OF t {bounds};",
            rows="INSERT INTO t VALUES (1, 1, 'a'), (2, 5, 'b'), (3, 9, 'c'),"
            " (4, NULL, NULL), (5, 5, 'a'), (6, 3, NULL)",
            code="new-partition",
            found=found,
            mend=f"DELETE FROM t WHERE id IN ({', '.join(str(r[0]) for r in found)})",
        )
        for key, bounds, found in (
            ("RANGE (a)", "FOR VALUES FROM (5) TO (9)", [(2, 5, "b"), (5, 5, "a")]),
            (
                "RANGE (a)",
                "FOR VALUES FROM (MINVALUE) TO (9)",
                [(1, 1, "a"), (2, 5, "b"), (5, 5, "a"), (6, 3, None)],
            ),
            ("RANGE (a, b)", "FOR VALUES FROM (1, 'b') TO (5, 'b')", [(5, 5, "a")]),
            ("RANGE (a, b)", "FOR VALUES FROM (5, 'b') TO (9, 'c')", [(2, 5, "b")]),
            (
                "LIST (b)",
                "FOR VALUES IN ('b', NULL)",
                [(2, 5, "b"), (4, None, None), (6, 3, None)],
            ),
            ("LIST (lower(b))", "FOR VALUES IN ('c')", [(3, 9, "c")]),
        )
    ),
    *(
        Case(
            name=f"new partition {bounds} of a partition BY {key}",
            on=POSTGRESQL,
            before=SUBPARTITIONED.format(key),
            after=SUBPARTITIONED.format(key)
            + f"CREATE TABLE p PARTITION OF a_part {bounds};",
            rows="INSERT INTO t VALUES (1, 1, 'a'), (2, 1, 'a PARTITION BY b'),"
            " (100, 1, 'c')",
            code="new-partition",
            found=found,
            mend=f"DELETE FROM t WHERE id = {found[0][0]}",
        )
        for key, bounds, found in (
            ("LIST (id)", "FOR VALUES IN (1)", [(1, 1, "a")]),
            ("RANGE (id)", "FOR VALUES FROM (100) TO (200)", [(100, 1, "c")]),
            (
                "LIST (b)",
                "FOR VALUES IN ('a PARTITION BY b')",
                [(2, 1, "a PARTITION BY b")],
            ),
        )
    ),
    *(
        Case(
            name=f"partition {verb} under a foreign key",
            on=POSTGRESQL,
            before=REFERENCED.format(
                "CREATE TABLE p PARTITION OF t FOR VALUES IN (1);"
            ),
            after=REFERENCED.format(left),
            rows="INSERT INTO t VALUES (1), (2); INSERT INTO c VALUES (10, 1), (11, 2),"
            " (12, NULL)",
            code="referenced-partition",
            found=[(10, 1)],
            mend="DELETE FROM c WHERE id = 10",
        )
        for verb, left in (
            ("dropped", ""),
            ("detached", "CREATE TABLE p (id integer CONSTRAINT p_pkey PRIMARY KEY);"),
        )
    ),
    Case(
        name="new generated column",
        after="CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer,"
        " c integer GENERATED ALWAYS AS (a + b) STORED NOT NULL);",
        rows="INSERT INTO t VALUES (1, 1, 1), (2, NULL, 1)",
        code="not-null",
        found=[(2, None, 1)],
        mend="DELETE FROM t WHERE id = 2",
    ),
    Case(
        name="new column computed from others",
        after="CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer,"
        " c integer NOT NULL);",
        rows="INSERT INTO t VALUES (1, 1, 1), (2, NULL, 1)",
        code="not-null",
        found=[(2, None, 1)],
        mend="DELETE FROM t WHERE id = 2",
        defaults={"t.c": "a + b"},
    ),
    Case(
        name="column filled from another",
        after="CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL, b integer);",
        rows="INSERT INTO t VALUES (1, NULL, 1), (2, NULL, NULL), (3, 3, NULL)",
        code="not-null",
        found=[(2, None, None)],
        mend="DELETE FROM t WHERE id = 2",
        defaults={"t.a": "b"},
    ),
    Case(
        name="conversion that gives NULL",
        before="CREATE TABLE t (id integer PRIMARY KEY, a varchar(9) NOT NULL);",
        after="CREATE TABLE t (id integer PRIMARY KEY, a integer NOT NULL);",
        rows="INSERT INTO t VALUES (1, '1'), (2, '')",
        code="not-null",
        found=[(2, "")],
        mend="DELETE FROM t WHERE id = 2",
        defaults={"t.a": "CAST(nullif(a, '') AS integer)"},
    ),
    Case(
        name="strict table",
        on=SQLITE,
        before="CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, c BLOB, d REAL, e ANY);",
        after="CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b TEXT, c BLOB, d REAL, e ANY) STRICT;",
        rows="INSERT INTO t (id, a) VALUES (1, 1), (2, 1.5), (3, 'x'), (4, ' 1e3 '),"
        " (5, x'31'), (6, NULL), (7, 1e300), (8, '');"
        "INSERT INTO t (id, b) VALUES (9, 1), (10, x'31');"
        "INSERT INTO t (id, c) VALUES (11, '1'), (12, 1), (13, x'31');"
        "INSERT INTO t (id, d) VALUES (14, 1), (15, '1.5'), (16, 'x');"
        "INSERT INTO t (id, e) VALUES (17, 1), (18, 'x')",
        code="strict-table",
        found=[
            (2, "1.5", None, None, None, None),
            (3, "x", None, None, None, None),
            (5, "b'1'", None, None, None, None),
            (7, "1e+300", None, None, None, None),
            (8, "", None, None, None, None),
            (10, None, "b'1'", None, None, None),
            (11, None, None, "1", None, None),
            (12, None, None, 1, None, None),
            (16, None, None, None, "x", None),
        ],
        mend="DELETE FROM t WHERE id IN (2, 3, 5, 7, 8, 10, 11, 12, 16)",
    ),
]


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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("varchar(5)", "varchar(9)"),
        ("varchar(5)", "text"),
        ("integer", "varchar(11)"),
        ("uuid", "varchar(36)"),
        ("integer", "bigint"),
        ("smallint", "numeric(8,2)"),
        ("numeric(6,2)", "numeric(8,2)"),
        ("numeric(6,2)", "numeric(8,4)"),
        ("numeric(6,2)", "numeric(6,1)"),
        ("timestamptz", "date"),
        ("mood", "varchar(255)"),
        ("mood", "varchar(63)"),
        ("mood[]", "varchar(63)[]"),
    ],
)
def test_a_type_that_takes_all_is_not_announced(
    on_postgresql: ScratchServer, before: str, after: str
) -> None:
    mood = "CREATE TYPE mood AS ENUM ('good', 'great');"
    case = Case(before=mood + ONE.format(before), after=mood + ONE.format(after))
    assert list_restrictions(on_postgresql, case) == ()


@pytest.mark.parametrize(
    "check",
    [
        "CHECK (a IS NOT NULL)",
        "CHECK (a > 0 AND a IS NOT NULL)",
        "CHECK (id > 0 AND (a > id AND a IS NOT NULL))",
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_a_required_column_that_a_check_required_is_not_announced(
    on_postgresql: ScratchServer, check: str, *, kept: bool
) -> None:
    """https://www.postgresql.org/docs/current/sql-altertable.html, ``SET NOT NULL``."""
    rule = f", CONSTRAINT k {check}"
    case = Case(
        before=ONE.format(f"integer{rule}"),
        after=ONE.format(f"integer NOT NULL{rule if kept else ''}"),
    )
    assert list_restrictions(on_postgresql, case) == ()


@pytest.mark.parametrize(
    "check",
    [
        "CHECK (a IS NOT NULL OR id > 0)",
        "CHECK (a > 0)",
        "CHECK (a IS NOT NULL) NOT VALID",
        "CHECK ((a IS NOT NULL) IS NOT NULL)",
        "CHECK (CASE WHEN id > 0 AND a IS NOT NULL AND id < 9 THEN true ELSE true END)",
    ],
)
def test_a_required_column_that_no_check_required_is_announced(
    on_postgresql: ScratchServer, check: str
) -> None:
    table = ONE.format("integer{}") + f"ALTER TABLE t ADD CONSTRAINT k {check};"
    case = Case(
        before=table.format(""),
        after=table.format(" NOT NULL"),
        defaults={"t.a": ""},
    )
    (restriction,) = list_restrictions(on_postgresql, case)
    assert restriction.code == "not-null"


def test_a_label_of_an_enum_that_no_column_holds_is_not_announced(
    on_postgresql: ScratchServer,
) -> None:
    table = "CREATE TYPE mood AS ENUM ({}); CREATE TABLE t (id integer);"
    case = Case(before=table.format("'a', 'b'"), after=table.format("'a'"))
    assert list_losses(on_postgresql, case) == ()
    used = table.replace("id integer", "id mood")
    case = Case(before=used.format("'a', 'b'"), after=used.format("'a'"))
    assert len(list_losses(on_postgresql, case)) == 1


@pytest.mark.parametrize(
    ("fill", "nullable"),
    [
        ("a + b", "NOT NULL"),
        ("a || ' ' || lower(b)", "NOT NULL"),
        ("coalesce(a, 'x')", ""),
        ("'a'", ""),
    ],
)
def test_a_value_that_is_never_null_is_not_announced(
    on_sqlite: ScratchServer, fill: str, nullable: str
) -> None:
    columns = f"id integer PRIMARY KEY, a text {nullable}, b text {nullable}"
    case = Case(
        before=f"CREATE TABLE t ({columns});",
        after=f"CREATE TABLE t ({columns}, c text NOT NULL);",
        defaults={"t.c": fill},
    )
    assert list_restrictions(on_sqlite, case) == ()


def test_a_domain_that_no_column_holds_is_not_announced(
    on_postgresql: ScratchServer,
) -> None:
    case = Case(
        before=DOMAIN.format("integer", "integer"),
        after=DOMAIN.format(CHECKED.format("integer"), "integer"),
    )
    assert list_restrictions(on_postgresql, case) == ()


def test_a_domain_of_two_columns_is_announced_for_each(
    on_postgresql: ScratchServer,
) -> None:
    case = Case(
        before=DOMAIN.format("integer", "d, b d"),
        after=DOMAIN.format(CHECKED.format("integer") + " NOT NULL", "d, b d"),
    )
    found = [each.query for each in list_restrictions(on_postgresql, case)]
    assert len(found) == len(set(found)) == 4


def test_a_materialized_view_is_named_without_a_query(
    on_postgresql: ScratchServer,
) -> None:
    view = "CREATE TABLE t (id integer); CREATE MATERIALIZED VIEW m AS SELECT id::d FROM t;"
    case = Case(
        before=f"CREATE DOMAIN d AS integer; {view}",
        after=f"CREATE DOMAIN d AS {CHECKED.format('integer')}; {view}",
    )
    (restriction,) = list_restrictions(on_postgresql, case)
    assert "a row of m holds a value" in restriction.message
    assert restriction.query == ""


@pytest.mark.parametrize("other", ["", "CREATE TABLE o PARTITION OF t DEFAULT;"])
def test_a_partition_that_no_row_can_be_in_is_not_announced(
    on_postgresql: ScratchServer, other: str
) -> None:
    """There is no default partition, or it is as new as the other one."""
    table = "CREATE TABLE t (id integer) PARTITION BY RANGE (id);"
    new = "CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (9);"
    case = Case(before=table, after=f"{table} {new} {other}")
    assert list_restrictions(on_postgresql, case) == ()


def test_a_strict_table_without_types_to_check(on_sqlite: ScratchServer) -> None:
    case = Case(
        before="CREATE TABLE t (id ANY);", after="CREATE TABLE t (id ANY) STRICT;"
    )
    assert list_restrictions(on_sqlite, case) == ()


@pytest.mark.parametrize("engine", BOTH)
def test_a_value_that_names_what_the_file_renames_has_no_query(
    engine: str, request: pytest.FixtureRequest
) -> None:
    """Before the file has run, a query for it would fail."""
    server: ScratchServer = request.getfixturevalue(f"on_{engine}")
    case = Case(
        before="CREATE TABLE t (id integer PRIMARY KEY, old integer);",
        after="CREATE TABLE t (id integer PRIMARY KEY, new integer, c integer NOT NULL);",
        renames=(("t.old", "new"),),
        defaults={"t.c": "nullif(new, 7)"},
    )

    (restriction,) = list_restrictions(server, case)

    assert (restriction.code, restriction.query) == ("not-null", "")
