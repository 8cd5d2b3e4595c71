"""Rows made from the catalog alone."""

from __future__ import annotations

from typing import Any

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.schema.model import Table
from schema_migrations.workflows.states.replay import load_sql
from schema_migrations.workflows.states.state import inspect_database
from tools.histories import values
from tools.histories.database import Database
from tools.histories.rows import count_rows, fill_tables

KNOWN = """
smallint, integer, bigint, numeric, numeric(3,2), numeric(2,2), real, double precision,
boolean, character varying, character varying(1), character varying(5),
character varying(200), character(3), text, date, timestamp with time zone,
timestamp without time zone, time without time zone, interval, uuid, inet, cidr, macaddr,
json, jsonb, bytea, tsvector, int4range, int8range, numrange, daterange, tsrange,
tstzrange, integer[], text[], date[]
""".replace("\n", " ").split(", ")


@pytest.mark.parametrize("type_", [name.strip() for name in KNOWN])
def test_postgresql_takes_the_value_of_every_known_type(pg: Any, type_: str) -> None:
    with pg.cursor() as cursor:
        cursor.execute(f"CREATE TABLE t (c {type_})")
        for number in (1, 2, 57):
            literal = values.make_postgresql_value(type_, number, {})
            cursor.execute(f"INSERT INTO t VALUES ({literal})".replace("%", "%%"), [])
        cursor.execute("SELECT count(c), count(DISTINCT c::text) FROM t")
        assert cursor.fetchone() == (3, 2 if type_ == "boolean" else 3)


TABLES = """
CREATE TABLE parent (id integer PRIMARY KEY, code varchar(2) NOT NULL UNIQUE);
CREATE TABLE child (
    parent_id integer NOT NULL UNIQUE REFERENCES parent (id),
    status varchar(9) NOT NULL CHECK (status IN ('open', 'shut')),
    low integer NOT NULL,
    high integer NOT NULL,
    maybe text,
    CHECK (low < high)
);
CREATE TABLE link (a integer NOT NULL REFERENCES parent (id),
                   b integer NOT NULL REFERENCES parent (id), UNIQUE (a, b));
CREATE TABLE self (id integer PRIMARY KEY, other integer NOT NULL REFERENCES self (id));
CREATE TABLE never (a integer NOT NULL CHECK (a < a));
"""


@pytest.mark.parametrize("vendor", ["postgresql", "sqlite"])
def test_tables_are_filled_in_the_order_of_their_references(
    vendor: str, postgres_settings: dict[str, Any]
) -> None:
    """A table that cannot be filled is named with the reason."""
    engine = engine_for(vendor)
    with engine.dev_server.create_scratch_database(
        postgres_settings if vendor == "postgresql" else {}, "x"
    ) as one:
        load_sql(engine, one, TABLES, file="tables")
        db = Database(engine=engine, connection=one)
        schema = inspect_database(engine, one)

        empty = fill_tables(db, schema)

        counts = {t.key.name: count_rows(db, t.key) for t in schema.of(Table)}
        assert counts == {"parent": 3, "child": 3, "link": 3, "self": 3, "never": 0}
        assert list(empty) == ["never"]
        assert db.query_value("SELECT count(*) FROM child WHERE maybe IS NULL") == 1
