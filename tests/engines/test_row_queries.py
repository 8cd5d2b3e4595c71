"""Each query for breaking rows, run on the real server: it finds them, and nothing else.

What it finds is what the server refuses: the plan fails while such rows are there, and
passes once they are mended.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from schema_migrations.engines.engine import Connection, SessionOptions
from schema_migrations.engines.postgresql.planner import PLANNER
from schema_migrations.errors import SchemaMigrationsError
from schema_migrations.history.file import MigrationFile
from schema_migrations.plan.answers import Answers
from schema_migrations.plan.existing_rows import BreakingRows, ExistingRows
from schema_migrations.schema.model import Constraint, ForeignKey, table_key
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.state import (
    State,
    inspect_database,
    load_sql,
    replay,
)
from tests.changes.scratch_servers import ScratchServer

BOTH, POSTGRESQL, SQLITE = ("postgresql", "sqlite"), ("postgresql",), ("sqlite",)


KEY = table_key("t")


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    on: tuple[str, ...] = BOTH
    before: str = "CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer);"
    after: str
    rows: str
    code: str
    found: list[tuple[Any, ...]]
    """What the query returns: rows that begin with their id, or values with a count."""
    mend: str
    renames: tuple[tuple[str, str], ...] = ()
    defaults: dict[str, str] | None = None


T = "CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer%s);"
U = "CREATE TABLE u (x integer, y integer, PRIMARY KEY (x, y));"
PAIR = f"{U} CREATE TABLE t (id integer PRIMARY KEY, a integer, b integer%s);"
COPIES = "INSERT INTO t VALUES (1, 7, 1), (2, 7, 2), (3, 8, 1), (4, NULL, 1), (5, NULL, 1), (6, 7, 1)"

CASES = [
    Case(
        name="unique",
        after=T % ", CONSTRAINT k UNIQUE (a)",
        rows=COPIES,
        code="new-unique",
        found=[(7, 3)],
        mend="DELETE FROM t WHERE id IN (2, 6)",
    ),
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
        after=T % ", CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a)",
        rows=COPIES,
        code="new-unique",
        found=[(7, 3), (None, 2)],
        mend="DELETE FROM t WHERE id IN (2, 5, 6)",
    ),
    Case(
        name="unique at the end of the transaction",
        on=POSTGRESQL,
        after=T % ", CONSTRAINT k UNIQUE (a) DEFERRABLE INITIALLY DEFERRED",
        rows=COPIES,
        code="new-unique",
        found=[(7, 3)],
        mend="DELETE FROM t WHERE id IN (2, 6)",
    ),
    Case(
        name="unique with covered columns",
        on=POSTGRESQL,
        after=T % ", CONSTRAINT k UNIQUE (a) INCLUDE (b)",
        rows=COPIES,
        code="new-unique",
        found=[(7, 3)],
        mend="DELETE FROM t WHERE id IN (2, 6)",
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


def make_state(server: ScratchServer, connection: Connection, sql: str) -> State:
    load_sql(server.engine, connection, sql, file="here")
    schema = inspect_database(server.engine, connection)
    return State(schema=schema, connection=connection, description="here")


def plan(
    server: ScratchServer, case: Case, one: Connection, two: Connection
) -> Proposal:
    current = make_state(server, one, case.before)
    desired = make_state(server, two, case.after)
    answers = Answers(
        renames=case.renames, defaults=case.defaults or {}, allow_data_loss=True
    )
    return plan_change(
        server.engine, current, desired, ChangeRequest(answers=answers, prove=False)
    )


def apply_text(server: ScratchServer, connection: Connection, text: str) -> None:
    session = server.engine.executor
    file = MigrationFile(name="1.sql", content=text.encode())
    with (
        session.prepare_session(connection, SessionOptions()),
        session.guard_foreign_keys(connection),
    ):
        replay(server.engine, connection, [file])


def open_two(server: ScratchServer) -> tuple[AbstractContextManager[Connection], ...]:
    return server.create_scratch(), server.create_scratch()


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


def check(server: ScratchServer, case: Case) -> None:
    """Check that the query finds the rows, that the file fails, and passes without them."""
    first, second = open_two(server)
    with first as one, second as two:
        if "NULLS NOT DISTINCT" in case.after and _major_of(server, one) < 15:
            pytest.skip("since PostgreSQL 15")
        proposal = plan(server, case, one, two)
        assert proposal.plan is not None
        queries = [r.query for r in proposal.plan.restrictions if r.code == case.code]
        assert len(queries) == 1
        load_sql(server.engine, one, f"{case.rows};", file="rows")

        assert sorted(find(one, queries[0]), key=repr) == sorted(case.found, key=repr)
        with pytest.raises(SchemaMigrationsError):
            apply_text(server, one, proposal.file_text)

    first, second = open_two(server)
    with first as one, second as two:
        load_sql(
            server.engine,
            one,
            f"{case.before} {case.rows}; {case.mend};",
            file="rows",
        )
        assert find(one, queries[0]) == []
        apply_text(server, one, proposal.file_text)


def _major_of(server: ScratchServer, connection: Connection) -> int:
    return server.engine.executor.describe_target(connection).major


def find(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    cursor = connection.connection.cursor()
    cursor.execute(query)
    rows = cursor.fetchall()
    cursor.close()
    return [tuple(_plain(value) for value in row) for row in rows]


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | None) else str(value)


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
    case = Case(
        name="",
        before=before,
        after=after,
        rows="",
        code="",
        found=[],
        mend="",
        defaults=defaults,
    )
    first, second = open_two(server)
    with first as one, second as two:
        proposal = plan(server, case, one, two)
    assert proposal.plan is not None
    assert proposal.plan.restrictions == ()


def test_a_value_that_breaks_the_check_is_announced(server: ScratchServer) -> None:
    case = Case(
        name="",
        after=NEW % " NOT NULL, CONSTRAINT k CHECK (c > 0)",
        rows="",
        code="",
        found=[],
        mend="",
        defaults={"t.c": "-1"},
    )
    first, second = open_two(server)
    with first as one, second as two:
        proposal = plan(server, case, one, two)
        assert proposal.plan is not None
        (restriction,) = proposal.plan.restrictions
        assert restriction.code == "new-check"
        assert find(one, restriction.query) == [(-1,)]


@pytest.mark.parametrize(
    "rule",
    [
        Constraint(
            key=KEY.constraint("k"),
            table=KEY,
            type="unique",
            definition="UNIQUE (a, b WITHOUT OVERLAPS)",
        ),
        ForeignKey(
            key=KEY.constraint("k"),
            table=KEY,
            definition="FOREIGN KEY (a, PERIOD b) REFERENCES t(a, PERIOD b)",
            columns=("a", "b"),
            referenced_table=KEY,
        ),
    ],
    ids=["unique", "foreign key"],
)
def test_a_rule_about_periods_has_no_query(rule: Constraint | ForeignKey) -> None:
    found = PLANNER.row_queries.find_breaking_rows(
        rule, lambda table: ExistingRows(table=table, new_name=table.name)
    )
    assert found == BreakingRows(query="")


def test_constraints_that_skip_existing_rows(on_postgresql: ScratchServer) -> None:
    server = on_postgresql
    case = Case(
        name="",
        after=T % "" + "ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0) NOT VALID;",
        rows="",
        code="",
        found=[],
        mend="",
    )
    first, second = open_two(server)
    with first as one, second as two:
        proposal = plan(server, case, one, two)
    assert proposal.plan is not None
    assert proposal.plan.restrictions == ()
