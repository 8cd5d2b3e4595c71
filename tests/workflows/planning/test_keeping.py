"""What SQL made of a schema elsewhere, as statements for a file of ``EXTRA``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.schema import changes as ddl
from schema_migrations.workflows.planning.keeping import Keeping, plan_keeping
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import State, inspect_database
from tests.commands.test_schemastatus_drift_kinds import BY_HAND, FILES
from tests.fixtures.scratch import Scratch

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.engine import Engine

POSTGRESQL = engine_for("postgresql")

BASE = """
CREATE TABLE a (id integer PRIMARY KEY);
CREATE TABLE b (
    id integer PRIMARY KEY,
    a_id integer CONSTRAINT to_a REFERENCES a,
    n integer,
    t varchar(20),
    CONSTRAINT once UNIQUE (t)
);
CREATE INDEX by_n ON b (n);
"""
LEFT = {
    "a partitioned table": "CREATE TABLE c (id integer) PARTITION BY RANGE (id)",
    "what is on that table": "CREATE TABLE c (id integer) PARTITION BY RANGE (id);"
    "CREATE TABLE d PARTITION OF c DEFAULT; CREATE INDEX i ON c (id);"
    "CREATE VIEW v AS SELECT id FROM c; CREATE VIEW w AS SELECT * FROM v",
    "what is missing": "DROP INDEX by_n; ALTER TABLE b DROP CONSTRAINT to_a",
    "a missing column": "ALTER TABLE b DROP COLUMN n",
}
KEPT = {
    "a table": "CREATE TABLE c (id integer)",
    "what is on that table": "CREATE TABLE c (id serial PRIMARY KEY, b integer REFERENCES b);"
    "CREATE INDEX i ON c (b); CREATE VIEW v AS SELECT id FROM c",
    "a column": "ALTER TABLE b ADD COLUMN more integer",
    "what needs that column": "ALTER TABLE b ADD COLUMN more integer NOT NULL;"
    "CREATE INDEX i ON b (more); ALTER TABLE b ADD CONSTRAINT c CHECK (more > n);"
    "CREATE VIEW v AS SELECT more FROM b; CREATE VIEW w AS SELECT * FROM v",
    "a column that numbers": "ALTER TABLE b ADD number serial,"
    " ADD other integer GENERATED ALWAYS AS IDENTITY",
    "a sequence for a default": "CREATE SEQUENCE s; ALTER TABLE b ALTER n SET DEFAULT"
    " nextval('s')",
    "a type": "CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE b DROP CONSTRAINT once;"
    "ALTER TABLE b ALTER t TYPE mood USING t::mood, ADD CONSTRAINT once UNIQUE (t)",
    "another primary key": "ALTER TABLE b DROP CONSTRAINT b_pkey,"
    " ADD CONSTRAINT other PRIMARY KEY (id, n)",
    "a unique index instead of a constraint": "ALTER TABLE b DROP CONSTRAINT once;"
    "CREATE UNIQUE INDEX once_if ON b (t) WHERE n > 0",
    "an index under another name": "DROP INDEX by_n;"
    "CREATE INDEX by_some ON b (n) WHERE n > 1",
    "a view on a view": "CREATE VIEW v AS SELECT id FROM b; CREATE VIEW w AS SELECT * FROM v",
    "a policy": "CREATE POLICY p ON b USING (n > 1); ALTER TABLE b ENABLE ROW LEVEL SECURITY",
    "parameters": "ALTER TABLE b SET (fillfactor = 70)",
    "statistics": "CREATE STATISTICS s ON n, t FROM b",
    "what is generated": "ALTER TABLE b DROP COLUMN n;"
    "ALTER TABLE b ADD COLUMN n integer GENERATED ALWAYS AS (a_id + 1) STORED;"
    "CREATE INDEX by_n ON b (n)",
    "another length": "ALTER TABLE b ALTER t TYPE varchar(30), ALTER n SET NOT NULL",
    "no NULL": "ALTER TABLE b ALTER n SET NOT NULL",
}


def make_state(engine: Engine, connection: Connection, sql: str) -> State:
    load_sql(engine, connection, sql, file="made.sql")
    schema = inspect_database(engine, connection)
    return State(schema=schema, connection=connection, description="")


def keep(engine: Engine, scratch: Scratch, base: str, by_sql: str) -> Keeping:
    """Keep what was done by SQL; see that the same SQL leaves nothing to keep."""
    with scratch() as one, scratch() as other:
        wanted = make_state(engine, one, f"{base};{by_sql};")
        models = replace(make_state(engine, other, base), models_only=True)
        keeping = plan_keeping(engine, models, wanted)
    with scratch() as one, scratch() as other:
        wanted = make_state(engine, one, f"{base};{by_sql};")
        done = make_state(engine, other, f"{base};{keeping.extra_text}")
        again = plan_keeping(engine, done, wanted)
        assert (again.extra_text, again.kept_changes) == ("", ())
        assert len(again.left_changes) == len(keeping.left_changes)
    return keeping


@pytest.mark.parametrize("by_sql", KEPT.values(), ids=KEPT)
def test_kept(by_sql: str, scratch: Scratch) -> None:
    keeping = keep(POSTGRESQL, scratch, BASE, by_sql)
    assert keeping.left_changes == ()
    assert keeping.proposal.proved
    assert keeping.extra_text


@pytest.mark.parametrize("by_sql", LEFT.values(), ids=LEFT)
def test_left(by_sql: str, scratch: Scratch) -> None:
    keeping = keep(POSTGRESQL, scratch, BASE, by_sql)
    assert keeping.kept_changes == ()
    assert keeping.left_changes
    assert keeping.extra_text == ""


def test_names_serial_and_wider_columns_are_left_as_they_are(
    scratch: Scratch,
) -> None:
    """What refers to them by another name is kept all the same."""
    base = (
        BASE + "CREATE TABLE c (id integer GENERATED BY DEFAULT AS IDENTITY, n integer)"
    )
    by_sql = (
        "ALTER TABLE c ALTER id DROP IDENTITY; CREATE SEQUENCE c_seq AS bigint OWNED BY c.id;"
        "ALTER TABLE c ALTER id TYPE bigint, ALTER id SET DEFAULT nextval('c_seq');"
        "ALTER TABLE c ALTER id SET NOT NULL; ALTER INDEX by_n RENAME TO by_number;"
        "ALTER TABLE a RENAME CONSTRAINT a_pkey TO a_primary;"
        "ALTER TABLE b DROP CONSTRAINT to_a;"
        "ALTER TABLE b ADD CONSTRAINT to_a FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE"
    )
    keeping = keep(POSTGRESQL, scratch, base, by_sql)
    assert {ddl.subject_of(each).part for each in keeping.kept_changes} == {"to_a"}
    assert keeping.extra_text.count("ALTER TABLE") == 1
    assert "ON DELETE CASCADE" in keeping.extra_text
    assert all(isinstance(each, ddl.Rename) for each in keeping.left_changes)


def test_a_type_that_nothing_can_be_cast_to_is_left(
    scratch: Scratch,
) -> None:
    by_sql = (
        "CREATE TYPE mood AS ENUM ('sad'); CREATE INDEX more ON b (a_id);"
        "COMMENT ON COLUMN b.n IS 'kept all the same';"
        "ALTER TABLE b ALTER n TYPE mood USING NULL"
    )
    keeping = keep(POSTGRESQL, scratch, BASE, by_sql)
    (left,) = keeping.left_changes
    assert isinstance(left, ddl.AlterColumn)
    assert 'CREATE INDEX "more"' in keeping.extra_text


def test_sqlite_keeps_what_needs_no_copy_of_the_table() -> None:
    base = (
        "CREATE TABLE b (id integer PRIMARY KEY, n integer CONSTRAINT c CHECK (n > 0))"
    )
    by_sql = (
        "DROP TABLE b; CREATE TABLE b (id integer PRIMARY KEY,"
        " n integer DEFAULT 7 CONSTRAINT c CHECK (n > 1));"
        "CREATE INDEX i ON b (n) WHERE n > 7; CREATE VIEW v AS SELECT n FROM b;"
        "CREATE TRIGGER t AFTER UPDATE ON b BEGIN DELETE FROM b WHERE n > 9; END"
    )
    engine = engine_for("sqlite")
    create = engine.dev_server.create_scratch_database
    keeping = keep(engine, partial(create, {}, "default"), base, by_sql)
    assert sorted(str(ddl.subject_of(each).name) for each in keeping.kept_changes) == [
        *("i", "t", "v")
    ]
    assert sorted(type(each).__name__ for each in keeping.left_changes) == [
        *("AlterColumn", "Create", "Drop")
    ]


@pytest.mark.every_postgres
def test_every_kind_is_kept(scratch: Scratch) -> None:
    """But the bounds of a partition."""
    keeping = keep(POSTGRESQL, scratch, FILES, BY_HAND)
    left = {ddl.subject_of(each).name for each in keeping.left_changes}
    assert left == {"part"}
    assert keeping.proposal.proved
