"""Online plans of what models cannot say: they lead there, and the file says how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.plan.fills import with_fills
from schema_migrations.plan.plan import Plan, build_plan
from schema_migrations.schema.changes import AlterColumn
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import Constraint, Key, Schema, Table
from schema_migrations.workflows.states.state import inspect_database
from tests.changes.observation import observe_plan

if TYPE_CHECKING:
    from tests.fixtures.targets import Place

LONG = "n" * 63


@dataclass(frozen=True, kw_only=True)
class Case:
    """SQL that makes two schemas, and what the plan from one to the other begins with."""

    both: str = "CREATE TABLE t (a integer, b text)"
    before: str = ""
    after: str = ""
    plan: tuple[str, ...]
    """The beginning of each statement."""
    has_one_form: bool = False
    """Others wait, as with a simple plan."""


CASES = {
    "an index moves aside": Case(
        before="CREATE INDEX i ON t (a)",
        after="CREATE INDEX i ON t (b)",
        plan=(
            'ALTER INDEX "i" RENAME TO "i__old"',
            'CREATE INDEX CONCURRENTLY "i"',
            'DROP INDEX CONCURRENTLY "i__old"',
        ),
    ),
    "an index with the longest name": Case(
        before=f"CREATE INDEX {LONG} ON t (a)",
        after=f"CREATE INDEX {LONG} ON t (b)",
        plan=(
            f'ALTER INDEX "{LONG}" RENAME TO "{LONG[:58]}__old"',
            f'CREATE INDEX CONCURRENTLY "{LONG}"',
            f'DROP INDEX CONCURRENTLY "{LONG[:58]}__old"',
        ),
    ),
    "the free name is taken": Case(
        both="CREATE TABLE t (a integer, b text); CREATE INDEX i__old ON t (a, b)",
        before="CREATE INDEX i ON t (a)",
        after="CREATE INDEX i ON t (b)",
        plan=(
            'ALTER INDEX "i" RENAME TO "i__old_"',
            'CREATE INDEX CONCURRENTLY "i"',
            'DROP INDEX CONCURRENTLY "i__old_"',
        ),
    ),
    "an index in another schema": Case(
        both='CREATE SCHEMA "S"; CREATE TABLE "S"."T" (a integer, b text)',
        before='CREATE INDEX "I" ON "S"."T" (a)',
        after='CREATE INDEX "I" ON "S"."T" (b)',
        plan=(
            'ALTER INDEX "S"."I" RENAME TO "I__old"',
            'CREATE INDEX CONCURRENTLY "I" ON "S"."T"',
            'DROP INDEX CONCURRENTLY "S"."I__old"',
        ),
    ),
    "a key in another schema": Case(
        both='CREATE SCHEMA "S"; CREATE TABLE "S"."T" (a integer, b text)',
        after='ALTER TABLE "S"."T" ADD CONSTRAINT "K" UNIQUE (a) DEFERRABLE',
        plan=(
            'CREATE UNIQUE INDEX CONCURRENTLY "K" ON "S"."T"',
            'ALTER TABLE "S"."T" ADD CONSTRAINT "K"\n    UNIQUE USING INDEX "K" DEFERRABLE',
        ),
    ),
    "a key with more columns and storage": Case(
        after="ALTER TABLE t ADD CONSTRAINT k UNIQUE (a) INCLUDE (b) WITH (fillfactor=70)",
        plan=(
            'CREATE UNIQUE INDEX CONCURRENTLY "k"',
            'ALTER TABLE "t" ADD CONSTRAINT "k"',
        ),
    ),
    "a primary key of columns that may be NULL": Case(
        after="ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (a)",
        plan=(
            'ALTER TABLE "t" ADD CONSTRAINT "t_a__not_null"',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "t_a__not_null"',
            'CREATE UNIQUE INDEX CONCURRENTLY "k"',
            'ALTER TABLE "t"\n    ALTER COLUMN "a" SET NOT NULL,\n    ADD CONSTRAINT "k" PRIMARY',
            'ALTER TABLE "t" DROP CONSTRAINT "t_a__not_null"',
        ),
    ),
    "a valid check allows no NULL already": Case(
        both="CREATE TABLE t (a integer, CONSTRAINT c CHECK (a IS NOT NULL))",
        after="ALTER TABLE t ALTER a SET NOT NULL",
        plan=('ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL',),
    ),
    "a check of a table that others inherit from": Case(
        both="CREATE TABLE t (a integer); CREATE TABLE child (c integer) INHERITS (t)",
        after="ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)",
        plan=(
            'ALTER TABLE "t" ADD CONSTRAINT "c"\n    CHECK (a > 0) NOT VALID',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "c"',
        ),
    ),
    "NOT NULL of a table that others inherit from": Case(
        both="CREATE TABLE t (a integer); CREATE TABLE child (c integer) INHERITS (t)",
        after="ALTER TABLE t ALTER a SET NOT NULL",
        plan=(
            'ALTER TABLE "t" ADD CONSTRAINT "t_a__not_null"',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "t_a__not_null"',
            'ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL',
            'ALTER TABLE "t" DROP CONSTRAINT "t_a__not_null"',
        ),
    ),
    "a check that tables that inherit do not have": Case(
        after="ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NO INHERIT",
        plan=(
            'ALTER TABLE "t" ADD CONSTRAINT "c"\n    CHECK (a > 0) NO INHERIT NOT VALID',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "c"',
        ),
    ),
    "a partitioned table has one form": Case(
        has_one_form=True,
        both="CREATE TABLE t (a integer NOT NULL, b text) PARTITION BY LIST (a);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1)",
        after="CREATE INDEX i ON t (b); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);"
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (a)",
        plan=(
            'ALTER TABLE "t"\n    ADD CONSTRAINT "c" CHECK (a > 0),\n    ADD CONSTRAINT "k"',
            'CREATE INDEX "i" ON "t"',
        ),
    ),
    "a foreign key to a partitioned table has one form": Case(
        has_one_form=True,
        both="CREATE TABLE t (a integer PRIMARY KEY) PARTITION BY LIST (a);"
        "CREATE TABLE t_1 PARTITION OF t FOR VALUES IN (1);"
        "CREATE TABLE child (a integer)",
        after="ALTER TABLE child ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t",
        plan=('ALTER TABLE "child" ADD CONSTRAINT "f"\n    FOREIGN KEY',),
    ),
    "the cluster mark follows the new index": Case(
        before="CREATE INDEX i ON t (a); ALTER TABLE t CLUSTER ON i",
        after="CREATE INDEX i ON t (b); ALTER TABLE t CLUSTER ON i",
        plan=(
            'ALTER INDEX "i" RENAME TO "i__old"',
            'CREATE INDEX CONCURRENTLY "i"',
            'DROP INDEX CONCURRENTLY "i__old"',
            'ALTER TABLE t CLUSTER ON "i"',
        ),
    ),
    "a foreign key waits for the index that changes": Case(
        both="CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE t (a integer, b text)",
        before="CREATE INDEX i ON t (a)",
        after="CREATE INDEX i ON t (a, b); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a)"
        " REFERENCES p",
        plan=(
            'ALTER INDEX "i" RENAME TO "i__old"',
            'CREATE INDEX CONCURRENTLY "i"',
            'DROP INDEX CONCURRENTLY "i__old"',
            'ALTER TABLE "t" ADD CONSTRAINT "f"',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "f"',
        ),
    ),
    "two tables swap the names of their indexes": Case(
        both="CREATE TABLE s (a integer); CREATE TABLE t (a integer)",
        before="CREATE INDEX one ON s (a); CREATE INDEX two ON t (a)",
        after="CREATE INDEX two ON s (a); CREATE INDEX one ON t (a)",
        plan=(
            'ALTER INDEX "two" RENAME TO "two__old"',
            'CREATE INDEX CONCURRENTLY "two" ON "s"',
            'ALTER INDEX "one" RENAME TO "one__old"',
            'CREATE INDEX CONCURRENTLY "one" ON "t"',
            'DROP INDEX CONCURRENTLY "one__old"',
            'DROP INDEX CONCURRENTLY "two__old"',
        ),
    ),
    "the primary key gets other columns and another name": Case(
        both="CREATE TABLE t (a integer NOT NULL, b integer NOT NULL)",
        before="ALTER TABLE t ADD CONSTRAINT one PRIMARY KEY (a)",
        after="ALTER TABLE t ADD CONSTRAINT two PRIMARY KEY (b)",
        plan=(
            'CREATE UNIQUE INDEX CONCURRENTLY "two__new"',
            'ALTER TABLE "t"\n    DROP CONSTRAINT "one",\n    ADD CONSTRAINT "two"',
        ),
    ),
    "two checks whose names are as long as they may be": Case(
        both=f"CREATE TABLE {LONG} (a integer, b integer)",
        after=f"ALTER TABLE {LONG} ALTER a SET NOT NULL, ALTER b SET NOT NULL",
        plan=(
            f'ALTER TABLE "{LONG}"\n    ADD CONSTRAINT "{LONG[:52]}__not_null_"',
            f'ALTER TABLE "{LONG}" VALIDATE CONSTRAINT "{LONG[:52]}__not_null_"',
            f'ALTER TABLE "{LONG}" VALIDATE CONSTRAINT "{LONG[:53]}__not_null"',
            f'ALTER TABLE "{LONG}"\n    ALTER COLUMN "a" SET NOT NULL,',
            f'ALTER TABLE "{LONG}"\n    DROP CONSTRAINT',
        ),
    ),
    "a check waits for the values that it reads": Case(
        after="ALTER TABLE t ADD c uuid DEFAULT gen_random_uuid(),"
        " ADD CONSTRAINT k CHECK (c IS NOT NULL)",
        plan=(
            'ALTER TABLE "t"\n    ADD COLUMN "c" uuid,\n    ALTER COLUMN "c" SET DEFAULT',
            'UPDATE "t" SET "c" = gen_random_uuid()',
            'ALTER TABLE "t" ADD CONSTRAINT "k"\n    CHECK (c IS NOT NULL) NOT VALID',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "k"',
        ),
    ),
    "no trigger fires for a new column": Case(
        both="CREATE TABLE t (a integer); CREATE FUNCTION f() RETURNS trigger"
        " LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''append only''; END';"
        "CREATE TRIGGER no BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        after="ALTER TABLE t ADD c uuid DEFAULT gen_random_uuid()",
        has_one_form=True,
        plan=('ALTER TABLE "t" ADD COLUMN "c" uuid DEFAULT gen_random_uuid()',),
    ),
    "a replica identity waits for NOT NULL": Case(
        before="CREATE UNIQUE INDEX i ON t (a)",
        after="ALTER TABLE t ALTER a SET NOT NULL; CREATE UNIQUE INDEX i ON t (a);"
        "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
        plan=(
            'ALTER TABLE "t" ADD CONSTRAINT "t_a__not_null"',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "t_a__not_null"',
            'ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL',
            'ALTER TABLE "t" DROP CONSTRAINT "t_a__not_null"',
            'ALTER TABLE t REPLICA IDENTITY USING INDEX "i"',
        ),
    ),
    "the check that allows no NULL is dropped": Case(
        before="ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL)",
        after="ALTER TABLE t ALTER a SET NOT NULL",
        plan=(
            'ALTER TABLE "t"\n    DROP CONSTRAINT "c",\n    ADD CONSTRAINT "t_a__not_null"',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "t_a__not_null"',
            'ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL',
            'ALTER TABLE "t" DROP CONSTRAINT "t_a__not_null"',
        ),
    ),
    "a view is made again with the column that it reads": Case(
        both="CREATE TABLE t (a varchar(20), b integer)",
        before="CREATE INDEX i ON t (a); CREATE VIEW v AS SELECT a FROM t",
        after="ALTER TABLE t ALTER a TYPE text; CREATE INDEX i ON t (a, b);"
        "CREATE VIEW v AS SELECT a FROM t",
        plan=(
            'DROP INDEX CONCURRENTLY "i"',
            "DROP VIEW v",
            'ALTER TABLE "t" ALTER COLUMN "a" TYPE text',
            "CREATE VIEW v",
            'CREATE INDEX CONCURRENTLY "i"',
        ),
    ),
    "a generated column is made again at once": Case(
        has_one_form=True,
        both="CREATE TABLE t (a integer)",
        before="ALTER TABLE t ADD g integer GENERATED ALWAYS AS (a * 2) STORED;"
        "CREATE INDEX i ON t (a)",
        after="ALTER TABLE t ALTER a TYPE bigint;"
        "ALTER TABLE t ADD g bigint GENERATED ALWAYS AS (a * 2) STORED;"
        "CREATE INDEX i ON t (a, g)",
        plan=(
            'DROP INDEX CONCURRENTLY "i"',
            'ALTER TABLE "t"\n    DROP COLUMN "g",\n    ALTER COLUMN "a" TYPE bigint,\n'
            '    ADD COLUMN "g"',
            'CREATE INDEX CONCURRENTLY "i"',
        ),
    ),
    "a foreign key is made again with the key that it refers to": Case(
        both="CREATE TABLE p (a integer, b integer); CREATE TABLE t (a integer)",
        before="ALTER TABLE p ADD CONSTRAINT k UNIQUE (a);"
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a)",
        after="ALTER TABLE p ADD CONSTRAINT k UNIQUE (a) INCLUDE (b);"
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a)",
        plan=(
            'CREATE UNIQUE INDEX CONCURRENTLY "k__new"',
            'ALTER TABLE "t" DROP CONSTRAINT "f"',
            'ALTER TABLE "p"\n    DROP CONSTRAINT "k",\n    ADD CONSTRAINT "k"',
            'ALTER TABLE "t" ADD CONSTRAINT "f"',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "f"',
        ),
    ),
    "a check is made again with the column that it reads": Case(
        has_one_form=True,
        before="ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0); CREATE INDEX i ON t (b)",
        after="ALTER TABLE t ALTER a TYPE bigint; CREATE INDEX i ON t (b, a);"
        "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1)",
        plan=(
            'ALTER TABLE "t"\n    DROP CONSTRAINT "c",\n    ALTER COLUMN "a" TYPE bigint,\n'
            '    ADD CONSTRAINT "c"',
            'ALTER INDEX "i" RENAME TO "i__old"',
            'CREATE INDEX CONCURRENTLY "i"',
            'DROP INDEX CONCURRENTLY "i__old"',
            'ALTER TABLE "t" VALIDATE CONSTRAINT "c"',
        ),
    ),
    "a rule of a new table stays as it is": Case(
        both="CREATE TABLE parent (id integer PRIMARY KEY)",
        after="CREATE TABLE t (a integer NOT NULL CHECK (a > 0) UNIQUE);"
        "CREATE INDEX i ON t (a); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES parent",
        plan=(
            'CREATE TABLE "t" (',
            'CREATE INDEX "i" ON "t"',
            'ALTER TABLE "t" ADD CONSTRAINT "t_a_fkey"',
        ),
    ),
}


def make_schema(place: Place, *sql: str) -> Schema:
    """Return the schema that SQL makes in an empty database, which has it then."""
    spaces = 'DROP SCHEMA IF EXISTS "S" CASCADE; DROP SCHEMA public CASCADE'
    place.execute(f"{spaces}; CREATE SCHEMA public; SET search_path = public")
    place.execute("; ".join(filter(None, sql)) or "SELECT 1")
    return inspect_database(engine_for("postgresql"), place.connection)


def plan(current: Schema, desired: Schema) -> Plan:
    planner = engine_for("postgresql").planner
    changes = diff(current, desired)
    return build_plan(changes, current, desired, planner=planner, online=True)


@pytest.mark.every_postgres
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_plan_leads_there(case: Case, pg_place: Place) -> None:
    desired = make_schema(pg_place, case.both, case.after)
    current = make_schema(pg_place, case.both, case.before)
    seen = list(observe_plan(pg_place.connection.connection, plan(current, desired)))
    made = [each.statement for each in seen]
    assert any(each.stops_others for each in seen) == case.has_one_form
    reached = inspect_database(engine_for("postgresql"), pg_place.connection)
    assert diff(reached, desired) == ()
    begun = [
        sql if len(made) != len(case.plan) else sql[: len(start)]
        for sql, start in zip(made, case.plan + ("",) * len(made), strict=False)
    ]
    assert begun == list(case.plan)


def test_rows_that_come_while_others_are_filled_get_a_value(pg_place: Place) -> None:
    desired = make_schema(pg_place, "CREATE TABLE t (a integer NOT NULL)")
    current = make_schema(pg_place, "CREATE TABLE t (a integer)")
    changes = with_fills(
        diff(current, desired), {current.of(Table)[0].key.column("a"): "0"}
    )
    planner = engine_for("postgresql").planner
    made = build_plan(changes, current, desired, planner=planner, online=True)
    assert [each.sql.split()[0] for each in made.statements][:2] == ["UPDATE", "ALTER"]
    pg_place.execute("INSERT INTO t VALUES (NULL)")
    for number, statement in enumerate(made.statements):
        pg_place.execute(statement.sql)
        if number == 0:
            pg_place.execute("INSERT INTO t VALUES (NULL)")
    assert pg_place.execute("SELECT a FROM t") == [(0,), (0,)]


@pytest.mark.parametrize(
    ("before", "after", "fill"),
    [
        (
            "a text CONSTRAINT c CHECK (a IN ('x', 'y'))",
            "a text NOT NULL CONSTRAINT c CHECK (a IN ('x', 'y', 'none'))",
            "'none'",
        ),
        ("a text CONSTRAINT c CHECK (a <> 'none')", "a text NOT NULL", "'none'"),
        ("a text CONSTRAINT c UNIQUE", "a text NOT NULL", "'same'"),
        ("a text CONSTRAINT c UNIQUE", "a text NOT NULL, UNIQUE (a, id)", "'same'"),
        (
            "a integer CONSTRAINT c REFERENCES r",
            "a integer NOT NULL CONSTRAINT c REFERENCES s",
            "2",
        ),
    ],
)
def test_a_rule_that_the_values_break_is_gone_before(
    pg_place: Place, before: str, after: str, fill: str
) -> None:
    others = (
        "CREATE TABLE r (id integer PRIMARY KEY); CREATE TABLE s (LIKE r INCLUDING ALL)"
    )
    table = "CREATE TABLE t (id integer PRIMARY KEY, {})"
    desired = make_schema(pg_place, others, table.format(after))
    current = make_schema(pg_place, others, table.format(before))
    column = Key("table", "", "t").column("a")
    changes = with_fills(diff(current, desired), {column: fill})
    planner = engine_for("postgresql").planner
    made = build_plan(changes, current, desired, planner=planner, online=True)
    pg_place.execute("INSERT INTO s VALUES (2); INSERT INTO t (id) VALUES (1), (2)")
    for statement in made.statements:
        pg_place.execute(statement.sql)
    assert pg_place.execute("SELECT count(a) FROM t") == [(2,)]
    (filling,) = (each for each in made.statements if each.batch_key)
    assert filling.batch_key == ('"id"',)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("u integer NOT NULL UNIQUE", "u integer UNIQUE", ()),
        ("u integer NOT NULL UNIQUE", "u integer NOT NULL UNIQUE", ('"u"',)),
        ("u integer UNIQUE", "u integer UNIQUE", ()),
        ("u bigint PRIMARY KEY", "u bigint NOT NULL UNIQUE", ()),
        ("u integer, i integer PRIMARY KEY", "u integer, i bigint PRIMARY KEY", ()),
    ],
)
def test_batches_go_by_a_key_that_stays(
    pg_place: Place, before: str, after: str, key: tuple[str, ...]
) -> None:
    desired = make_schema(pg_place, f"CREATE TABLE t (a integer NOT NULL, {after})")
    current = make_schema(pg_place, f"CREATE TABLE t (a integer, {before})")
    column = Key("table", "", "t").column("a")
    changes = with_fills(diff(current, desired), {column: "0"})
    planner = engine_for("postgresql").planner
    made = build_plan(changes, current, desired, planner=planner, online=True)
    first = next(each for each in made.statements if each.sql.startswith("UPDATE"))
    assert first.batch_key == key


def test_periods_without_overlaps_are_no_plain_key(pg_place: Place) -> None:
    current = make_schema(pg_place, "CREATE TABLE t (a integer, b daterange)")
    (table,) = current.of(Table)
    key = Constraint(
        key=table.key.constraint("k"),
        table=table.key,
        type="unique",
        definition="UNIQUE (a, b WITHOUT OVERLAPS)",
        columns=("a", "b"),
        needs=frozenset({table.key.column("a"), table.key.column("b")}),
    )
    made = plan(current, current.replace_objects((), [key]))
    (sql,) = (each.sql for each in made.statements)
    assert sql.endswith("UNIQUE (a, b WITHOUT OVERLAPS)")


def test_the_simple_plan_is_as_before(pg_place: Place) -> None:
    current = make_schema(pg_place, "CREATE TABLE t (a integer, b text)")
    desired = make_schema(pg_place, "CREATE TABLE t (a integer NOT NULL, b text)")
    planner = engine_for("postgresql").planner
    changes = diff(current, desired)
    simple = build_plan(changes, current, desired, planner=planner)
    assert isinstance(simple.changes[0], AlterColumn)
    assert [each.part for each in simple.statements] == [0]
