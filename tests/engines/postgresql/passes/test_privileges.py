"""What is dropped and made anew keeps its owner and its grants, or the file says so."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from schema_migrations.schema.model import Opaque, Schema
from schema_migrations.schema.privileges import with_privileges_of
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
    with_compared_privileges,
)
from tests.fixtures.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.engine import Engine

POSTGRESQL = engine_for("postgresql")
COMPARING = with_compared_privileges(POSTGRESQL, owners=True)
pytestmark = pytest.mark.every_postgres

# Every server has these roles.
READER, OTHER = "pg_monitor", "pg_signal_backend"


def looks_of(proposal: Proposal) -> list[str]:
    """Return the lines of a header that say what is made anew."""
    lines = proposal.script.splitlines()
    return [each for each in lines if "NEEDS A LOOK: makes " in each]


@contextmanager
def loaded(engine: Engine, scratch: Scratch, *scripts: str) -> Iterator[list[State]]:
    """Hold a scratch database for each script."""
    states: list[State] = []

    def load(connection: Connection, sql: str) -> State:
        load_sql(engine, connection, sql, file="script")
        schema = inspect_database(engine, connection)
        return State(schema=schema, connection=connection, description="")

    if not scripts:
        yield states
        return
    first, *rest = scripts
    with scratch() as connection:
        states.append(load(connection, first))
        with loaded(engine, scratch, *rest) as others:
            yield [*states, *others]


def settings_of(schema: Schema) -> set[Opaque]:
    return {each.setting for each in schema.privileges}


def plan(engine: Engine, current: State, desired: State) -> Proposal:
    return plan_change(engine, current, desired, ChangeRequest(strict=False))


TABLE = (
    "CREATE TABLE t (a integer, b text, c integer GENERATED ALWAYS AS (a + 1) STORED);"
)
RECREATED = {
    "view": (
        f"CREATE VIEW v AS SELECT a, b FROM t; GRANT SELECT ON v TO {READER};"
        f" GRANT UPDATE ON v TO {OTHER} WITH GRANT OPTION; REVOKE INSERT ON v FROM CURRENT_USER;"
        f" GRANT SELECT (b) ON v TO {OTHER}; ALTER VIEW v OWNER TO {READER};",
        "CREATE VIEW v AS SELECT b FROM t;",
    ),
    "materialized view": (
        f"CREATE MATERIALIZED VIEW m AS SELECT a FROM t; GRANT SELECT ON m TO {READER};",
        "CREATE MATERIALIZED VIEW m AS SELECT b FROM t;",
    ),
    "what reads a view": (
        "CREATE VIEW v AS SELECT a, b FROM t; CREATE VIEW w AS SELECT * FROM v;"
        f" GRANT SELECT ON w TO {READER}; ALTER VIEW w OWNER TO {OTHER};",
        "CREATE VIEW v AS SELECT b AS a, b FROM t; CREATE VIEW w AS SELECT * FROM v;",
    ),
    "function": (
        "CREATE FUNCTION f(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n';"
        " REVOKE ALL ON FUNCTION f(integer) FROM PUBLIC;"
        f" GRANT EXECUTE ON FUNCTION f(integer) TO {READER};"
        f" ALTER FUNCTION f(integer) OWNER TO {OTHER};",
        "CREATE FUNCTION f(n integer) RETURNS text LANGUAGE sql AS 'SELECT n::text';",
    ),
    "procedure": (
        "CREATE PROCEDURE p(n integer) LANGUAGE sql AS 'SELECT n';"
        " REVOKE ALL ON PROCEDURE p(integer) FROM PUBLIC;",
        "CREATE PROCEDURE p(m integer) LANGUAGE sql AS 'SELECT m';",
    ),
    "enum": (
        "CREATE TYPE mood AS ENUM ('a', 'b'); REVOKE USAGE ON TYPE mood FROM PUBLIC;"
        f" GRANT USAGE ON TYPE mood TO {READER}; ALTER TYPE mood OWNER TO {OTHER};"
        " CREATE TABLE u (m mood);",
        "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE u (m mood);",
    ),
    "domain": (
        f"CREATE DOMAIN d AS integer; GRANT USAGE ON DOMAIN d TO {READER};"
        f" REVOKE USAGE ON DOMAIN d FROM PUBLIC; ALTER DOMAIN d OWNER TO {READER};",
        "CREATE DOMAIN d AS bigint;",
    ),
    "composite type": (
        f"CREATE TYPE pair AS (a integer); ALTER TYPE pair OWNER TO {READER};"
        " REVOKE USAGE ON TYPE pair FROM PUBLIC;",
        "CREATE TYPE pair AS (a text);",
    ),
    "operator": (
        "CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer);"
        f" ALTER OPERATOR === (integer, integer) OWNER TO {READER};",
        "CREATE OPERATOR === (FUNCTION = int4ne, LEFTARG = integer, RIGHTARG = integer);",
    ),
    "operator class": (
        "CREATE OPERATOR CLASS o FOR TYPE integer USING btree AS"
        " OPERATOR 1 <, OPERATOR 3 =, FUNCTION 1 btint4cmp(integer, integer);"
        f" ALTER OPERATOR CLASS o USING btree OWNER TO {READER};"
        f" ALTER OPERATOR FAMILY o USING btree OWNER TO {OTHER};",
        "CREATE OPERATOR CLASS o FOR TYPE integer USING btree AS"
        " OPERATOR 1 <, FUNCTION 1 btint4cmp(integer, integer);"
        f" ALTER OPERATOR FAMILY o USING btree OWNER TO {OTHER};",
    ),
    "collation": (
        f"CREATE COLLATION k (locale = 'POSIX'); ALTER COLLATION k OWNER TO {READER};",
        "CREATE COLLATION k (locale = 'C');",
    ),
    "conversion": (
        "CREATE CONVERSION k FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;"
        f" ALTER CONVERSION k OWNER TO {READER};",
        "CREATE CONVERSION k FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8;",
    ),
    "language": (
        "CREATE TRUSTED LANGUAGE k HANDLER plpgsql_call_handler;"
        f" ALTER LANGUAGE k OWNER TO {READER}; REVOKE USAGE ON LANGUAGE k FROM PUBLIC;",
        "CREATE TRUSTED LANGUAGE k HANDLER plpgsql_call_handler"
        " VALIDATOR plpgsql_validator;",
    ),
    "statistics": (
        f"CREATE STATISTICS s ON a, b FROM t; ALTER STATISTICS s OWNER TO {READER};",
        "CREATE STATISTICS s (ndistinct) ON a, b FROM t;",
    ),
    "publication": (
        f"CREATE PUBLICATION p; ALTER PUBLICATION p OWNER TO {READER};",
        "CREATE PUBLICATION p WITH (publish = 'insert');",
    ),
    "generated column": (
        f"GRANT SELECT (c), UPDATE (c) ON t TO {READER};",
        "ALTER TABLE t DROP COLUMN c;"
        " ALTER TABLE t ADD c integer GENERATED ALWAYS AS (a + 2) STORED;",
    ),
}


@pytest.mark.parametrize("kind", RECREATED)
def test_what_is_known_is_given_again(scratch: Scratch, kind: str) -> None:
    """Without being compared: the other source grants nothing."""
    before, after = RECREATED[kind]
    with loaded(POSTGRESQL, scratch, TABLE + before, TABLE + after) as states:
        current, desired = states
        known = settings_of(current.schema)
        assert known
        proposal = plan(POSTGRESQL, current, desired)
        reached = inspect_database(POSTGRESQL, current.connection)
    assert settings_of(reached) == known
    assert reached == desired.schema
    (look,) = looks_of(proposal)
    assert "anew: what these files grant is granted again, all else" in look


@pytest.mark.parametrize("kind", RECREATED)
def test_a_file_says_that_it_may_lose_what_is_not_known(
    scratch: Scratch, kind: str
) -> None:
    before, after = RECREATED[kind]
    created = "; ".join(
        part
        for part in before.split(";")
        if not part.strip().startswith(("GRANT", "REVOKE")) and "OWNER TO" not in part
    )
    with loaded(POSTGRESQL, scratch, TABLE + created, TABLE + after) as states:
        proposal = plan(POSTGRESQL, *states)
    (look,) = looks_of(proposal)
    assert "anew: " in look
    owner = "" if kind == "generated column" else "owner, "
    assert f" {owner}grants and security labels must be given again." in look


def test_a_grant_on_a_column_goes_with_it(scratch: Scratch) -> None:
    before = (
        f"CREATE VIEW v AS SELECT a, b FROM t; GRANT SELECT (a, b) ON v TO {READER};"
    )
    after = "CREATE VIEW v AS SELECT b FROM t;"
    with loaded(POSTGRESQL, scratch, TABLE + before, TABLE + after) as states:
        assert plan(POSTGRESQL, *states).proved
        reached = inspect_database(POSTGRESQL, states[0].connection)
    assert [each.column for each in reached.privileges] == ["b"]


def test_what_is_replaced_in_place_keeps_them(
    scratch: Scratch,
) -> None:
    before = f"CREATE VIEW v AS SELECT a FROM t; GRANT SELECT ON v TO {READER};"
    after = "CREATE VIEW v AS SELECT a, b FROM t;"
    with loaded(POSTGRESQL, scratch, TABLE + before, TABLE + after) as states:
        proposal = plan(POSTGRESQL, *states)
        reached = inspect_database(POSTGRESQL, states[0].connection)
    assert [each.setting.noun for each in reached.privileges] == ["grant"]
    assert "NEEDS A LOOK" not in proposal.script


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (
            "CREATE FUNCTION f(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n';",
            "CREATE FUNCTION f(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT n';",
            "function f(bigint)",
        ),
        ("CREATE VIEW v AS SELECT 1 AS a;", "CREATE TABLE v (a integer);", "table v"),
        ("CREATE TABLE v (a integer);", "CREATE VIEW v AS SELECT 1 AS a;", "view v"),
    ],
)
def test_another_object_of_the_name_has_none_of_them(
    scratch: Scratch, before: str, after: str, named: str
) -> None:
    """What a live database tells belongs to the old one."""
    with loaded(POSTGRESQL, scratch, before, after) as states:
        current, desired = states
        live = with_privileges_of(current.schema, current.schema)
        proposal = plan(POSTGRESQL, replace(current, schema=live), desired)
    assert looks_of(proposal) == [
        f"-- NEEDS A LOOK: makes {named} anew: its owner, grants and security labels must"
        " be given again."
    ]


def test_a_live_database_tells_all(scratch: Scratch) -> None:
    """Its copy has them in the file, and there is nothing to look at."""
    before, after = RECREATED["function"]
    with loaded(POSTGRESQL, scratch, before, after, "") as states:
        live, desired, copy = states
        schema = copy_schema(POSTGRESQL, copy.connection, live.schema)
        assert settings_of(inspect_database(POSTGRESQL, copy.connection)) == set()
        proposal = plan(POSTGRESQL, replace(copy, schema=schema), desired)
        load_sql(POSTGRESQL, live.connection, proposal.script, file="plan")
        reached = inspect_database(POSTGRESQL, live.connection)
    assert settings_of(reached) == settings_of(live.schema)
    assert "NEEDS A LOOK" not in proposal.script
    assert (
        "-- Revoke EXECUTE on function f(integer) from PUBLIC\n"
        "REVOKE EXECUTE ON FUNCTION f(integer) FROM PUBLIC;" in proposal.script
    )


def test_a_role_that_the_dev_server_lacks(scratch: Scratch) -> None:
    """Its grant is in the header: the proof could not run it."""
    before, after = RECREATED["function"]
    with loaded(POSTGRESQL, scratch, before, after, "") as states:
        current, desired, copy = states
        live = replace(
            current.schema,
            privileges=tuple(
                replace(
                    each,
                    role="far_away",
                    setting=replace(
                        each.setting,
                        definition=each.setting.definition.replace(READER, "far_away"),
                    ),
                )
                if each.role == READER
                else each
                for each in current.schema.privileges
            ),
        )
        schema = copy_schema(POSTGRESQL, copy.connection, live)
        proposal = plan(POSTGRESQL, replace(copy, schema=schema), desired)
    (look,) = looks_of(proposal)
    assert look == (
        "-- NEEDS A LOOK: makes function f(integer) anew, and this must be given again by"
        " hand: GRANT EXECUTE ON FUNCTION f(integer) TO far_away."
    )
    assert "REVOKE EXECUTE" in proposal.script


def test_a_security_label_is_in_the_header(scratch: Scratch) -> None:
    """Servers without the module of its provider refuse it, dev servers among them."""
    before, after = RECREATED["function"]
    label = (
        "SET allow_system_table_mods = on; INSERT INTO pg_catalog.pg_seclabel"
        " SELECT oid, 'pg_proc'::regclass, 0, 'anon', 'it''s masked' FROM pg_proc"
        " WHERE proname = 'f'; INSERT INTO pg_catalog.pg_seclabel"
        " SELECT 't'::regclass, 'pg_class'::regclass, 1, 'anon', 'kept';"
    )
    with loaded(POSTGRESQL, scratch, TABLE + before + label, TABLE + after) as states:
        schema = with_privileges_of(states[0].schema, states[0].schema)
        current = replace(states[0], schema=schema)
        proposal = plan(POSTGRESQL, current, states[1])
    (look,) = looks_of(proposal)
    assert look == (
        "-- NEEDS A LOOK: makes function f(integer) anew, and this must be given again by"
        " hand: SECURITY LABEL FOR anon ON FUNCTION f(integer) IS 'it''s masked'."
    )


# Compared: each row is made from nothing, changed into the next, and taken away.
COMPARED = {
    "table": [
        f"GRANT SELECT ON t TO {READER};",
        f"GRANT SELECT, DELETE ON t TO {READER}; GRANT SELECT ON t TO PUBLIC;",
        f"REVOKE TRUNCATE ON t FROM CURRENT_USER; GRANT SELECT ON t TO {READER} WITH GRANT OPTION;",
    ],
    "column": [
        f"GRANT SELECT (a) ON t TO {READER};",
        "GRANT UPDATE (a, b) ON t TO PUBLIC;",
    ],
    "function": [
        "REVOKE ALL ON FUNCTION f(integer) FROM PUBLIC;",
        f"REVOKE ALL ON FUNCTION f(integer) FROM PUBLIC; GRANT ALL ON FUNCTION f(integer) TO {READER};",
    ],
    "view": [f"GRANT SELECT ON v TO {READER};", "GRANT SELECT (a) ON v TO PUBLIC;"],
    "sequence": [f"GRANT USAGE ON SEQUENCE s TO {READER};"],
    "type": ["REVOKE USAGE ON TYPE mood, pair FROM PUBLIC;"],
    "schema": [f'GRANT USAGE ON SCHEMA "Else" TO {READER};'],
    "owner": [
        f"ALTER TABLE t OWNER TO {READER}; ALTER VIEW v OWNER TO {OTHER};",
        f"ALTER TABLE t OWNER TO {OTHER}; GRANT SELECT ON t TO {READER};"
        f' ALTER FUNCTION f(integer) OWNER TO {READER}; ALTER SCHEMA "Else" OWNER TO {READER};'
        f" ALTER TYPE mood OWNER TO {READER}; ALTER TYPE pair OWNER TO {READER};"
        f" ALTER SEQUENCE s OWNER TO {READER};",
    ],
    "default privileges": [
        f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER};",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"
        f' ALTER DEFAULT PRIVILEGES IN SCHEMA "Else" GRANT USAGE ON SEQUENCES TO {READER};',
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {READER} GRANT USAGE ON TYPES TO {OTHER};",
    ],
}
OBJECTS = (
    f"{TABLE} CREATE VIEW v AS SELECT a FROM t; CREATE SEQUENCE s;"
    " CREATE TYPE mood AS ENUM ('a'); CREATE TYPE pair AS (a integer); CREATE SCHEMA \"Else\";"
    " CREATE FUNCTION f(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n';"
)


@pytest.mark.parametrize("kind", COMPARED)
def test_between_sources_they_are_compared(scratch: Scratch, kind: str) -> None:
    scripts = [OBJECTS + row for row in ("", *COMPARED[kind], "")]
    with loaded(COMPARING, scratch, *scripts) as states:
        current, *others = states
        for desired in others:
            proposal = plan(COMPARING, current, desired)
            assert proposal.proved
            schema = inspect_database(COMPARING, current.connection)
            assert schema == desired.schema
            current = replace(current, schema=schema)
            assert plan(COMPARING, current, desired).plan is None


@pytest.mark.parametrize("kind", COMPARED)
def test_all_is_made_with_its_privileges(scratch: Scratch, kind: str) -> None:
    for row in COMPARED[kind]:
        with loaded(COMPARING, scratch, "", OBJECTS + row) as states:
            current, desired = states
            assert plan(COMPARING, current, desired).proved
            assert inspect_database(COMPARING, current.connection) == desired.schema


def test_ignored_they_make_no_difference(scratch: Scratch) -> None:
    granted = OBJECTS + "".join(rows[0] for rows in COMPARED.values())
    with loaded(POSTGRESQL, scratch, OBJECTS, granted) as states:
        assert plan(POSTGRESQL, *states).plan is None
        assert (
            with_privileges_of(states[0].schema, states[1].schema) == states[0].schema
        )


@pytest.mark.parametrize(
    ("privilege", "allowed"),
    [
        (f"GRANT SELECT ON v TO {READER} WITH GRANT OPTION", True),
        (f"REVOKE SELECT ON v FROM {READER}; GRANT SELECT (a) ON v TO {READER}", True),
        (f"ALTER VIEW v OWNER TO {READER}", True),
        (f"REVOKE ALL ON v FROM {READER}", False),
    ],
    ids=["grant option", "column", "owner", "revoked"],
)
def test_what_defaults_give_is_taken_before_the_rest_is_given(
    privilege: str, allowed: bool, scratch: Scratch
) -> None:
    defaults = (
        "CREATE TABLE t (a int);"
        f" ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER};"
    )
    before = f"{defaults} CREATE VIEW v AS SELECT a FROM t; {privilege};"
    after = f"{defaults} CREATE VIEW v AS SELECT a::text FROM t; {privilege};"
    may = f"SELECT has_column_privilege('{READER}', 'v', 'a', 'SELECT')"
    for engine in (POSTGRESQL, COMPARING):
        with loaded(engine, scratch, before, after) as (current, desired):
            plan(engine, current, desired)
            with current.connection.cursor() as cursor:
                cursor.execute(may)
                assert cursor.fetchone() == (allowed,)
