"""Tables become partitions and partitions tables; each keeps its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.errors import PartitionKeyFixed, UnsupportedChange
from schema_migrations.plan.answers import Answers
from schema_migrations.schema.diff import diff
from schema_migrations.workflows.planning.proposal import (
    ChangeRequest,
    Proposal,
    plan_change,
)
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import (
    State,
    copy_schema,
    inspect_database,
)
from tests.fixtures.scratch import Scratch
from tests.fixtures.skips import skip_missing, skip_unsupported
from tests.workflows.planning.test_diff_cases import CASES, check, sections
from tools.catalogs import read_postgresql_facts
from tools.clients import find_clients

if TYPE_CHECKING:
    from pathlib import Path

    from schema_migrations.engines.connection import Connection

pytestmark = pytest.mark.every_postgres
POSTGRESQL = engine_for("postgresql")
PAIRS = sorted(CASES.glob("partition*.postgresql.sql"))
ON_EACH_MAJOR = {
    "partition_attached_to_a_changed_table",
    "partition_key_as_the_index_goes",
    "partition_key_in_a_new_index",
    "partition_key_in_an_index",
    "partition_of_a_partition",
    "partition_parts_of_its_own",
    "partitioned_key_on_only",
}


def state(connection: Connection, sql: str) -> State:
    load_sql(POSTGRESQL, connection, sql, file="a file")
    return inspected(connection)


def inspected(connection: Connection) -> State:
    schema = inspect_database(POSTGRESQL, connection)
    return State(schema=schema, connection=connection, description="a file")


def proposed(one: Connection, other: Connection, *sql: str) -> Proposal:
    before, after = sql
    request = ChangeRequest(strict=False)
    return plan_change(POSTGRESQL, state(one, before), state(other, after), request)


def fetch(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


@pytest.mark.parametrize("name", sorted(ON_EACH_MAJOR))
def test_a_plan_leads_there_and_back(name: str, scratch: Scratch) -> None:
    path = CASES / f"{name}.postgresql.sql"
    check(path, POSTGRESQL, scratch)


def dumped(connection: Connection) -> frozenset[str]:
    """What ``pg_dump`` says; without one that reads this server the test is skipped."""
    major = POSTGRESQL.executor.describe_target(connection).major
    if find_clients(0) is None:
        skip_missing("pg_dump")
    clients = find_clients(major)
    if clients is None:
        skip_unsupported(f"an older pg_dump on PostgreSQL {major}")
    facts = read_postgresql_facts(make_url(connection.settings_dict), clients)
    assert facts
    return facts


def make_url(settings: dict[str, Any]) -> str:
    user, name, port = settings["USER"], settings["NAME"], settings["PORT"]
    host = quote(str(settings["HOST"]), safe="")
    return f"postgresql://{user}@/{name}?host={host}&port={port}"


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.name.partition(".")[0])
@pytest.mark.parametrize("judge", ["inspector", "pg_dump"])
def test_the_result_and_a_copy_are_equal_to_the_original(
    judge: str, path: Path, scratch: Scratch
) -> None:
    case = sections(path)
    with (
        scratch() as one,
        scratch() as other,
        scratch() as copy,
    ):
        proposed(one, other, case["before"], case["after"])
        original = inspect_database(POSTGRESQL, other)
        copy_schema(POSTGRESQL, copy, original)
        if judge == "inspector":
            assert diff(inspect_database(POSTGRESQL, one), original) == ()
            assert diff(inspect_database(POSTGRESQL, copy), original) == ()
        else:
            assert dumped(one) == dumped(other) == dumped(copy)


TABLE = "CREATE TABLE t (id int NOT NULL, w text) PARTITION BY RANGE (id);"
ALONE = f"{TABLE} CREATE TABLE t1 (id int NOT NULL, w text);"
FIRST = f"{TABLE} CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);"
LARGER = f"{TABLE} CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (20);"


@pytest.mark.parametrize(
    ("before", "after"),
    [(ALONE, FIRST), (FIRST, ALONE), (FIRST, LARGER), (LARGER, FIRST)],
    ids=["attached", "detached", "larger", "smaller"],
)
def test_rows_stay(before: str, after: str, scratch: Scratch) -> None:
    with (
        scratch() as one,
        scratch() as other,
    ):
        rows = f"{before} INSERT INTO t1 VALUES (2, 'two');"
        found = proposed(one, other, rows, after)
        assert found.plan is not None
        assert found.plan.losses == ()
        assert fetch(one, "SELECT * FROM t1") == [(2, "two")]


def test_what_the_table_has_too_much_is_a_loss(
    scratch: Scratch,
) -> None:
    with (
        scratch() as one,
        scratch() as other,
    ):
        more = f"{ALONE} ALTER TABLE t1 ADD COLUMN more int;"
        found = proposed(one, other, more, FIRST)
        assert found.plan is not None
        assert found.plan.losses == ("drops column t1.more with all its values",)
        assert [str(line) for line in found.summary] == [
            "alter table t1",
            "drop column t1.more",
        ]


PLAIN = "CREATE TABLE t (id int NOT NULL, w text);"
BY_TEXT = "CREATE TABLE t (id int NOT NULL, w text) PARTITION BY LIST (w);"


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (PLAIN, TABLE, "t is to change from no partitions to PARTITION BY RANGE (id)"),
        (TABLE, PLAIN, "t is to change from PARTITION BY RANGE (id) to no partitions"),
        (TABLE, BY_TEXT, "from PARTITION BY RANGE (id) to PARTITION BY LIST (w)"),
        (
            BY_TEXT,
            BY_TEXT.replace("w text", "w varchar(9)"),
            "LIST (w) with w text to PARTITION BY LIST (w) with w character varying(9)",
        ),
        (
            f"{BY_TEXT} CREATE TABLE p PARTITION OF t DEFAULT PARTITION BY RANGE (id);",
            f"{BY_TEXT.replace('int', 'bigint')}"
            " CREATE TABLE p PARTITION OF t DEFAULT PARTITION BY RANGE (id);",
            "RANGE (id) with id integer to PARTITION BY RANGE (id) with id bigint",
        ),
    ],
)
def test_a_partition_key_is_not_altered(
    before: str, after: str, text: str, scratch: Scratch
) -> None:
    with (
        scratch() as one,
        scratch() as other,
        pytest.raises(PartitionKeyFixed) as caught,
    ):
        proposed(
            one, other, f"{before} INSERT INTO t SELECT 1, 'a' WHERE false;", after
        )
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "key",
    [
        "CREATE INDEX waits ON ONLY t (w);",
        "ALTER TABLE ONLY t ADD CONSTRAINT waits UNIQUE (id);",
    ],
    ids=["an index", "a key"],
)
@pytest.mark.parametrize(
    "before", [FIRST, f"{TABLE} CREATE TABLE t2 PARTITION OF t DEFAULT;"]
)
def test_no_partition_comes_to_an_index_that_waits(
    before: str, key: str, scratch: Scratch
) -> None:
    """PostgreSQL gives a new partition an index for each of the whole table, so that no
    plan can leave one of them without."""
    with (
        scratch() as one,
        scratch() as other,
        pytest.raises(UnsupportedChange, match="Drop waits first"),
    ):
        proposed(one, other, f"{before} {key}", f"{LARGER} {key}")


@pytest.mark.parametrize(
    "sql",
    [
        f"{FIRST} CREATE INDEX i ON ONLY t (w);",
        f"{FIRST} CREATE TABLE t2 PARTITION OF t DEFAULT; CREATE INDEX i ON ONLY t (w);"
        " CREATE INDEX i1 ON t1 (w); ALTER INDEX i ATTACH PARTITION i1;",
        "CREATE TABLE u (a int); CREATE INDEX broken ON u (a); UPDATE pg_index SET"
        " indisvalid = false WHERE indexrelid = 'broken'::regclass;",
    ],
    ids=["on only", "one attached", "invalid"],
)
def test_an_index_that_is_not_finished_stops_no_copy(
    sql: str, scratch: Scratch
) -> None:
    with (
        scratch() as one,
        scratch() as copy,
    ):
        live = state(one, sql).schema
        assert copy_schema(POSTGRESQL, copy, live) == live


def test_a_partition_is_renamed_in_its_own_schema(
    scratch: Scratch,
) -> None:
    """Although another schema has tables and bounds of the same names."""
    other = (
        "CREATE SCHEMA zz; CREATE TABLE zz.m (a int) PARTITION BY RANGE (a);"
        " CREATE TABLE zz.p1 PARTITION OF zz.m FOR VALUES FROM (0) TO (10);"
    )
    whole = "CREATE TABLE m (a int) PARTITION BY RANGE (a);"
    part = "CREATE TABLE %s PARTITION OF m FOR VALUES FROM (0) TO (10);"
    rows = "INSERT INTO m VALUES (1); INSERT INTO zz.m VALUES (1);"
    with (
        scratch() as one,
        scratch() as two,
    ):
        proposal = proposed(
            one, two, other + whole + part % "p1" + rows, other + whole + part % "p2"
        )
        assert proposal.plan is not None
        assert [each.sql for each in proposal.plan.statements] == [
            'ALTER TABLE "p1" RENAME TO "p2"'
        ]
        assert fetch(one, "SELECT count(*) FROM p2 JOIN zz.p1 USING (a)") == [(1,)]


def test_two_partitions_do_not_become_one(scratch: Scratch) -> None:
    """A table that gives its name to another is not the parent that the new one has."""
    whole = "CREATE TABLE %s (a int) PARTITION BY RANGE (a);"
    part = "CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (0) TO (10);"
    before = whole % "m" + whole % "c" + part % ("m_1", "m") + part % ("c_1", "c")
    request = ChangeRequest(strict=False, answers=Answers(renames=(("m", "c"),)))
    with (
        scratch() as one,
        scratch() as two,
    ):
        current = state(one, before)
        desired = state(two, whole % "c" + part % ("c_new", "c"))
        plan = plan_change(POSTGRESQL, current, desired, request).plan
    assert plan is not None
    assert [each.sql for each in plan.statements] == [
        'ALTER TABLE "c" RENAME TO "old__c"',
        'ALTER TABLE "m" RENAME TO "c"',
        'ALTER TABLE "m_1" RENAME TO "c_new"',
        'DROP TABLE "old__c"',
    ]
