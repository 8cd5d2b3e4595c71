"""Comments on objects of every kind are planned: set, changed, taken away, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.schema.diff import diff
from schema_migrations.schema.model import EMPTY
from schema_migrations.workflows.planning.proposal import ChangeRequest, plan_change
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import State, inspect_database
from tests.engines.postgresql.databases import HERE

if TYPE_CHECKING:
    from schema_migrations.engines.connection import Connection

POSTGRESQL = engine_for("postgresql")
pytestmark = pytest.mark.every_postgres

SUBJECTS = """
SCHEMA "Other"
TYPE mood
TYPE point3
COLUMN point3.label
TYPE span
TYPE spans
DOMAIN "Code"
CONSTRAINT short ON DOMAIN "Code"
COLLATION posix
SEQUENCE loose
SEQUENCE "Other".customer_id_seq
SEQUENCE item_id_seq
TABLE item
COLUMN item.name
CONSTRAINT positive ON item
CONSTRAINT item_pkey ON item
CONSTRAINT buyer ON item
INDEX item_pkey
INDEX named_once
INDEX no_overlap
INDEX plain_index
INDEX "Odd "" USING index"
VIEW cheap
COLUMN cheap.title
MATERIALIZED VIEW counted
COLUMN counted.n
INDEX counted_status
FUNCTION twice(text)
FUNCTION "Other".touch()
PROCEDURE tidy(integer)
AGGREGATE total(integer)
TRIGGER touched ON item
TRIGGER touched_late ON item
TRIGGER through ON cheap
RULE kept ON "Other".customer
EVENT TRIGGER watched
POLICY own ON item
STATISTICS price_and_status
TABLE event
INDEX event_day
INDEX event_pkey
TABLE event_2020
COLUMN event_2020.day
TABLE event_rest
CONSTRAINT few ON event_rest
INDEX event_rest_id
TRIGGER event_touched ON event
FOREIGN DATA WRAPPER nowhere
SERVER far
FOREIGN TABLE remote
COLUMN remote.a
PUBLICATION everything
CAST (mood AS point3)
OPERATOR === (integer, integer)
OPERATOR CLASS by_abs USING btree
OPERATOR FAMILY by_abs USING btree
TEXT SEARCH DICTIONARY simple_words
TEXT SEARCH CONFIGURATION folded
"""
KINDS = SUBJECTS.strip().splitlines()


def state(connection: Connection, sql: str) -> State:
    load_sql(POSTGRESQL, connection, sql, file="script")
    schema = inspect_database(POSTGRESQL, connection)
    return State(schema=schema, connection=connection, description="")


def comment(text: str) -> str:
    value = f"'{text}'" if text else "NULL"
    return "".join(f"COMMENT ON {each} IS {value};\n" for each in KINDS)


def test_a_comment_on_every_kind_comes_changes_and_goes(
    postgres_settings: dict[str, Any],
) -> None:
    everything = (HERE / "everything.sql").read_text()
    create = POSTGRESQL.dev_server.create_scratch_database
    with (
        create(postgres_settings, "default") as one,
        create(postgres_settings, "default") as other,
    ):
        current = state(one, everything + comment(""))
        load_sql(POSTGRESQL, other, everything, file="script")
        for text in ("it''s one", "two \\ lines", ""):
            desired = state(other, comment(text))
            before = inspect_database(POSTGRESQL, one)
            proposal = plan_change(
                POSTGRESQL, current, desired, ChangeRequest(strict=False)
            )
            assert proposal.plan is not None
            assert proposal.proved
            assert len(proposal.plan.statements) == len(KINDS), text
            assert all(
                " the comment of " in each.comment for each in proposal.plan.statements
            )
            reached = inspect_database(POSTGRESQL, one)
            assert reached == desired.schema
            assert len(diff(before, reached)) >= len(KINDS)
            current = State(schema=reached, connection=one, description="")


GO_ALONG = """
CREATE TABLE t (
    id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT t_key PRIMARY KEY, s serial
);
COMMENT ON INDEX t_key IS 'i'; COMMENT ON SEQUENCE t_id_seq IS 's';
COMMENT ON SEQUENCE t_s_seq IS 's';
CREATE DOMAIN d AS integer CONSTRAINT c CHECK (VALUE > 0);
COMMENT ON CONSTRAINT c ON DOMAIN d IS 'c';
CREATE SCHEMA far;
CREATE TYPE far.span AS RANGE (subtype = integer, multirange_type_name = far.spans);
COMMENT ON TYPE far.spans IS 'm';
"""


def test_parts_are_made_and_go_with_their_objects(
    postgres_settings: dict[str, Any],
) -> None:
    """No statement names what goes anyway."""
    create = POSTGRESQL.dev_server.create_scratch_database
    with (
        create(postgres_settings, "default") as one,
        create(postgres_settings, "default") as other,
        create(postgres_settings, "default") as third,
    ):
        empty, full = state(one, ""), state(other, GO_ALONG)
        made = plan_change(POSTGRESQL, empty, full, ChangeRequest(strict=False))
        assert made.proved
        assert made.plan is not None
        assert sum(s.sql.startswith("COMMENT") for s in made.plan.statements) == 5
        gone = plan_change(
            POSTGRESQL, full, state(third, ""), ChangeRequest(strict=False)
        )
        assert gone.plan is not None
        assert not [s.sql for s in gone.plan.statements if "COMMENT" in s.sql]
        assert inspect_database(POSTGRESQL, other) == EMPTY


def test_the_comment_on_an_index_follows_its_constraint(
    postgres_settings: dict[str, Any],
) -> None:
    create = POSTGRESQL.dev_server.create_scratch_database
    table = (
        "CREATE TABLE t (a integer CONSTRAINT {0} UNIQUE); COMMENT ON INDEX {0} IS 'i';"
    )
    with (
        create(postgres_settings, "default") as one,
        create(postgres_settings, "default") as other,
    ):
        current = state(one, table.format("old"))
        desired = state(other, table.format("new"))
        assert plan_change(
            POSTGRESQL, current, desired, ChangeRequest(strict=False)
        ).proved
