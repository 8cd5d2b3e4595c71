"""What ordinary histories hold runs in a sealed room, and leads to the same schema.

Each case runs in a sealed dev database and in one that is not sealed, as a file in a
transaction and statement by statement, for a superuser and for a role that may only
create databases.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from schema_migrations.engines.registry import engine_for
from tests.engines.postgresql.session.test_sealed_room import (
    ALIAS,
    Cluster,
    attempt,
    cluster,
    engine,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine

__all__ = ["cluster", "engine"]  # fixtures

FIRST = """
CREATE TABLE a (id int PRIMARY KEY, name text)
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE INITIALLY DEFERRED)
INSERT INTO a VALUES (1, 'x'), (2, 'y')
CREATE VIEW v AS SELECT * FROM a
CREATE MATERIALIZED VIEW mv AS SELECT * FROM a
CREATE UNIQUE INDEX mv_id ON mv (id)
CREATE SEQUENCE s
CREATE TYPE mood AS ENUM ('good')
CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE PROCEDURE quiet() LANGUAGE sql AS 'INSERT INTO a VALUES (10)'
CREATE TABLE p (id int) PARTITION BY RANGE (id)
CREATE INDEX p_id ON p (id)
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)
CREATE SCHEMA other
CREATE EXTENSION hstore
CREATE PROCEDURE step() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a VALUES (11); COMMIT; END $$
CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$ BEGIN CALL step(); COMMIT AND CHAIN; /* the last */ COMMIT /* now */; INSERT INTO a VALUES (12, 'COMMIT;'); END $$
""".strip().splitlines()

EVENT_FUNCTION = (
    "CREATE FUNCTION evt() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'"
)

# Statements of one file stand on one line, with | between them; {role}: the role that
# connects.
EVERYBODY = """
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO bystander
ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT SELECT ON SEQUENCES TO bystander
ALTER DEFAULT PRIVILEGES FOR USER "{role}" IN SCHEMA other GRANT SELECT ON TABLES TO bystander
ALTER DEFAULT PRIVILEGES IN SCHEMA other FOR ROLE {role} REVOKE ALL ON TABLES FROM bystander
ALTER DEFAULT PRIVILEGES FOR ROLE bystander, CURRENT_USER REVOKE ALL ON FUNCTIONS FROM PUBLIC
SELECT * INTO into_1 FROM a
SELECT 1 AS x INTO TABLE into_2
SELECT id INTO UNLOGGED into_3 FROM a WHERE name = 'INTO'
WITH q AS (SELECT id FROM a) SELECT * INTO other.into_4 FROM q
WITH q AS (INSERT INTO a VALUES (60) RETURNING id) SELECT * FROM q
SELECT id INTO TEMP into_5 FROM a
CREATE TABLE as_1 AS SELECT * FROM a WITH NO DATA
PREPARE e (int) AS SELECT * FROM a WHERE id = $1|CREATE TABLE as_2 AS EXECUTE e(1)|DEALLOCATE e
PREPARE w AS INSERT INTO a VALUES (70)|EXECUTE w|DEALLOCATE PREPARE w|DEALLOCATE ALL
CREATE TEMP TABLE temporary_1 (id int)|DISCARD TEMP
DISCARD SEQUENCES
DISCARD PLANS
CALL quiet()|DELETE FROM a WHERE id = 10
CLOSE ALL
REFRESH MATERIALIZED VIEW mv
REFRESH MATERIALIZED VIEW CONCURRENTLY mv
REINDEX TABLE a
REINDEX (VERBOSE) INDEX a_pkey
CLUSTER a USING a_pkey
CLUSTER a
LISTEN x|NOTIFY x, 'payload'|UNLISTEN x|UNLISTEN *
SELECT pg_notify('x', 'y')
SET work_mem = '8MB'|SET LOCAL work_mem = '9MB'|RESET work_mem
SET SESSION statement_timeout = 0
SET TIME ZONE 'UTC'
SET check_function_bodies = false
SET client_min_messages = warning
SET my.own = 'x'
RESET ALL
SELECT pg_catalog.set_config('search_path', '', false)
SET CONSTRAINTS b_a_fkey DEFERRED|INSERT INTO a VALUES (80)|INSERT INTO b VALUES (1, 80)|DELETE FROM b|DELETE FROM a WHERE id = 80
SET TRANSACTION ISOLATION LEVEL READ COMMITTED
REASSIGN OWNED BY bystander, CURRENT_ROLE TO {role}
SET ROLE bystander|RESET ROLE
SET SESSION AUTHORIZATION DEFAULT
ALTER FUNCTION f(int) DEPENDS ON EXTENSION hstore
ALTER EXTENSION hstore UPDATE
COMMENT ON EXTENSION hstore IS 'x'
CREATE EXTENSION citext SCHEMA other|DROP EXTENSION citext
CREATE EXTENSION IF NOT EXISTS plpgsql WITH SCHEMA pg_catalog
CREATE OR REPLACE LANGUAGE plpgsql
CREATE PUBLICATION news FOR TABLE a|ALTER PUBLICATION news ADD TABLE b|DROP PUBLICATION news
CREATE COLLATION c FROM "C"
CREATE CONVERSION latin FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1
CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)
CREATE TEXT SEARCH DICTIONARY dictionary (TEMPLATE = simple)
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')
CREATE FUNCTION definer() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'
CREATE STATISTICS st ON id, name FROM a
CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO a VALUES (NEW.*)
CREATE POLICY pol1 ON a TO bystander, CURRENT_USER USING (name = current_user)
CREATE TABLE pk (id int PRIMARY KEY) PARTITION BY RANGE (id)|CREATE TABLE pk1 PARTITION OF pk FOR VALUES FROM (0) TO (10)|CREATE TABLE pk2 PARTITION OF pk FOR VALUES FROM (10) TO (20)|CREATE TABLE fk (id int REFERENCES pk DEFERRABLE INITIALLY DEFERRED)|INSERT INTO pk VALUES (5), (6)|INSERT INTO fk VALUES (6)|UPDATE pk SET id = 15 WHERE id = 5
DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT * FROM b|INSERT INTO a VALUES (81)|INSERT INTO b VALUES (81, 81)
CREATE POLICY "of the CURRENT_USER" ON a TO CURRENT_USER USING (true)
CREATE POLICY pol2 ON public.a AS RESTRICTIVE FOR SELECT TO CURRENT_ROLE USING (true)|ALTER POLICY pol2 ON a TO SESSION_USER, current_user
ALTER TABLE a ENABLE ROW LEVEL SECURITY|ALTER TABLE a DISABLE ROW LEVEL SECURITY
GRANT CREATE ON SCHEMA public, other TO bystander
ALTER TABLE a ADD COLUMN more int, OWNER TO bystander|ALTER TABLE a OWNER TO {role}
ALTER OPERATOR === (int, int) OWNER TO bystander
ALTER TYPE mood OWNER TO bystander|ALTER FUNCTION f(int) OWNER TO bystander
ALTER CONVERSION latin OWNER TO bystander
ALTER /* c */ TABLE v OWNER TO bystander -- why
ALTER TABLE b OWNER TO bystander|ALTER TABLE b ADD COLUMN more int
SELECT lo_create(4242)|ALTER LARGE OBJECT 4242 OWNER TO bystander|SELECT lo_unlink(4242)
GRANT SELECT ON a TO bystander WITH GRANT OPTION
GRANT ALL ON ALL TABLES IN SCHEMA public TO bystander GRANTED BY CURRENT_USER
REVOKE ALL ON SCHEMA other FROM PUBLIC
CREATE SCHEMA s1 AUTHORIZATION {role} CREATE TABLE s1t (id int)
CREATE SCHEMA IF NOT EXISTS s2 AUTHORIZATION bystander
CREATE SCHEMA AUTHORIZATION bystander CREATE VIEW bv AS SELECT 1
CREATE SCHEMA AUTHORIZATION CURRENT_USER
CREATE SCHEMA IF NOT EXISTS AUTHORIZATION CURRENT_USER
ALTER TABLE a DISABLE TRIGGER USER
CREATE TABLE ts (id int) TABLESPACE pg_default
TRUNCATE b
EXPLAIN ANALYZE SELECT 1
ANALYZE a (id)
ALTER TYPE mood RENAME VALUE 'good' TO 'fine'
ALTER TYPE mood ADD VALUE 'bad'
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bystander') THEN CREATE ROLE bystander; END IF; END $$
DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO bystander', current_database()); END $$
DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$
CREATE EXTENSION btree_gin|CREATE EXTENSION btree_gist|CREATE EXTENSION cube|CREATE EXTENSION dict_int
CREATE EXTENSION fuzzystrmatch|CREATE EXTENSION intarray|CREATE EXTENSION isn|CREATE EXTENSION lo
CREATE EXTENSION ltree|CREATE EXTENSION pgcrypto|CREATE EXTENSION pg_trgm|CREATE EXTENSION seg
CREATE EXTENSION tablefunc|CREATE EXTENSION tcn|CREATE EXTENSION tsm_system_rows|CREATE EXTENSION tsm_system_time
CREATE EXTENSION unaccent|CREATE EXTENSION "uuid-ossp"
DROP SCHEMA other CASCADE
""".strip().splitlines()

SUPERUSERS = """
CHECKPOINT
SET log_statement = 'none'|SET LOCAL log_min_duration_statement = -1|RESET log_statement
SET zero_damaged_pages = off
ALTER DEFAULT PRIVILEGES FOR ROLE member GRANT SELECT ON TABLES TO bystander
COMMENT ON LANGUAGE plpgsql IS 'x'
COMMENT ON EXTENSION plpgsql IS 'x'
ALTER LANGUAGE plpgsql OWNER TO bystander
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, update')
DROP PUBLICATION IF EXISTS everything, nothing
ALTER TABLE b DISABLE TRIGGER ALL
SET session_replication_role = replica
""".strip().splitlines()

# What the server refuses in a transaction.
OUTSIDE = """
DISCARD ALL
CALL step()
DELETE FROM a WHERE id >= 11|CALL steps()
DELETE FROM a WHERE id >= 11|DO $$ BEGIN CALL steps(); END $$
DO $$ BEGIN INSERT INTO a VALUES (20); COMMIT; INSERT INTO a VALUES (21); END $$
DO $$ BEGIN LOOP COMMIT AND NO CHAIN; EXIT; END LOOP; INSERT INTO a VALUES (7); END $$
REINDEX SCHEMA other
REINDEX (VERBOSE) SCHEMA CONCURRENTLY other
REINDEX (CONCURRENTLY) TABLE a
REINDEX INDEX CONCURRENTLY a_pkey
REINDEX TABLE p
CLUSTER
CLUSTER VERBOSE
VACUUM
VACUUM a
VACUUM ANALYZE a (id, name), b
VACUUM (FULL, ANALYZE) a
/* a */ VACUUM /* b */ a -- c
CREATE INDEX CONCURRENTLY i1 ON a (name)
/* a */ CREATE /* b */ UNIQUE INDEX CONCURRENTLY i2 ON a (name) WHERE name = '/* c */'
DROP INDEX CONCURRENTLY IF EXISTS i1
ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY
CREATE TABLE q (id int NOT NULL) PARTITION BY RANGE (id)|CREATE TABLE q1 PARTITION OF q (CHECK (id >= 0 AND id < 10)) FOR VALUES FROM (0) TO (10)|ALTER TABLE q DETACH PARTITION q1 CONCURRENTLY
CREATE TABLE "Q" (id int, name text) PARTITION BY LIST (name)|CREATE TABLE "Q""1" PARTITION OF "Q" FOR VALUES IN ('it''s')|/* a */ ALTER TABLE IF EXISTS "Q" DETACH PARTITION public . "Q""1" CONCURRENTLY -- b
DO $$ BEGIN COMMIT; EXECUTE 'CREATE PROCEDURE later() LANGUAGE plpgsql AS ''BEGIN COMMIT; END'''; INSERT INTO a VALUES (22, 'x; COMMIT;'); END $$
DO 'BEGIN INSERT INTO a VALUES (23, ''; COMMIT;''); COMMIT; END'
""".strip().splitlines()

REFUSED = {
    "DROP OWNED BY bystander": "what it drops depends on owners, which the room does not keep",
    "DO $$ BEGIN ROLLBACK; END $$": "without ROLLBACK other rows would be left",
    "PREPARE TRANSACTION 'x'": "it would outlive the session",
    "CREATE EXTENSION postgres_fdw": "it reaches other servers, and so do its foreign tables",
    "CREATE FOREIGN DATA WRAPPER w": "the same",
    "ALTER EXTENSION hstore SET SCHEMA pg_catalog": "its names would come before the server's",
    "DROP EXTENSION plpgsql CASCADE": "the room's function is written in it",
    "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION evt()": "it would run for our own statements",
    "CREATE OPERATOR FAMILY o USING btree": "a wrong one crashes the server",
    "CREATE OPERATOR CLASS o FOR TYPE mood USING btree AS OPERATOR 1 <": "the same",
    "CREATE TEXT SEARCH TEMPLATE t (LEXIZE = dsimple_lexize)": "the same",
    "CREATE ACCESS METHOD m TYPE INDEX HANDLER bthandler": "the same",
    "CREATE FUNCTION i(int) RETURNS int LANGUAGE internal AS 'int4abs'": "the same",
    "CREATE FUNCTION l() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'": "the server trusts it with rows",
    "UPDATE pg_catalog.pg_index SET indisvalid = true": "a wrong catalog crashes the server",
    "LOAD 'auto_explain'": "a library runs as the server",
    "SELECT pg_read_file('PG_VERSION')": "a file of the server",
    "ALTER ROLE {role} SET work_mem = '1MB'": "a role is everybody's",
    "COMMENT ON DATABASE precious IS 'x'": "another database",
    "ALTER DATABASE precious SET work_mem = '1MB'": "another database",
}
"""Statement → why it stays refused."""

STATE = (
    "SELECT n.nspname, relname, relkind, relpersistence FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE nspname !~ '^(pg_|dsm_|information)' ORDER BY 1, 2",
    "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_temp|^pg_toast|^dsm_' ORDER BY 1",
    "SELECT proname, prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace"
    " WHERE nspname !~ '^(pg_|dsm_|information)' AND prolang <> 13 ORDER BY 1, 2",
    "SELECT extname FROM pg_extension ORDER BY 1",
    "SELECT pubname, puballtables FROM pg_publication ORDER BY 1",
    "SELECT tgrelid::regclass, tgenabled, count(*) FROM pg_trigger GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT DISTINCT defaclnamespace::regnamespace::text, defaclobjtype FROM pg_default_acl ORDER BY 1, 2",
    "SELECT * FROM public.a ORDER BY 1, 2",
)


@dataclass(slots=True)
class Outcome:
    objects: frozenset[object] = frozenset()
    errors: dict[str, DriverError | None] = field(default_factory=dict)
    states: dict[str, list[object]] = field(default_factory=dict)


def run_cases(
    engine: Engine, cluster: Cluster, role: str, cases: list[str], mode: str
) -> Outcome:
    """Run cases one after the other in a new dev database."""
    with engine.dev_server.create_scratch_database(
        cluster.as_role(role), ALIAS
    ) as connection:
        for sql in choose_possible(cluster, FIRST):
            engine.executor.execute(connection, sql)
        outcome = Outcome()
        for case in cases:
            outcome.errors[case] = run_file(engine, connection, case, mode)
            outcome.states[case] = read_state(connection)
        with connection.connection.cursor() as cursor:
            outcome.objects = frozenset(engine.reader.inspect(cursor))
        return outcome


def choose_possible(cluster: Cluster, cases: Iterable[str]) -> list[str]:
    """Leave out cases with an extension that the server does not have."""
    query = "SELECT name FROM pg_available_extensions"
    available = {name for (name,) in cluster.administrator.execute(query)}
    return [
        case
        for case in cases
        if available.issuperset(
            re.findall(r'EXTENSION (?:IF NOT EXISTS )?"?([a-z][\w-]*)', case)
        )
    ]


def run_file(
    engine: Engine, connection: Connection, case: str, mode: str
) -> DriverError | None:
    role = connection.settings_dict["USER"]
    statements = case.replace("{role}", role).split("|")
    try:
        with engine.executor.keep_settings(connection):
            if mode == "none":
                for sql in statements:
                    engine.executor.execute(connection, sql)
            else:
                with engine.executor.open_transaction(connection):
                    for sql in statements:
                        engine.executor.execute(connection, sql)
    except Exception as exception:
        error = engine.executor.read_driver_error(exception)
        if error is None:
            raise
        return error
    finally:
        with suppress(Exception):
            connection.connection.rollback()
    return None


def read_state(connection: Connection) -> list[object]:
    run = connection.connection.cursor().execute
    return [run(query).fetchall() for query in STATE]


@pytest.mark.every_postgres
@pytest.mark.parametrize("mode", ["file", "none"])
@pytest.mark.parametrize("role", ["boss", "owner"])
def test_what_histories_hold_runs(
    cluster: Cluster, engine: Engine, role: str, mode: str
) -> None:
    cluster.administrator.execute(f"GRANT bystander TO {role}")
    cases = choose_possible(
        cluster, [*OUTSIDE, *(SUPERUSERS if role == "boss" else ()), *EVERYBODY]
    )
    before = cluster.take_snapshot()

    sealed = run_cases(engine, cluster, role, cases, mode)

    assert cluster.take_snapshot() == before
    plain = run_cases(engine_for("postgresql"), cluster, role, cases, mode)
    assert find_surprises(sealed, plain, runs_outside=mode == "none") == []
    assert sealed.objects ^ plain.objects == frozenset()


def find_surprises(
    sealed: Outcome, plain: Outcome, *, runs_outside: bool
) -> list[tuple[object, ...]]:
    """Return the cases that do not end as they do where nothing is sealed."""
    surprises: list[tuple[object, ...]] = []
    for case, error in sealed.errors.items():
        expected = plain.errors[case]
        if case in OUTSIDE and not runs_outside:
            alike = (
                error is not None
                and expected is not None
                and error.sqlstate == expected.sqlstate
                and not error.leaves_dev_database
            )
        else:
            alike = error is None and expected is None
        if not alike:
            surprises.append((case, error, expected))
        states = zip(sealed.states[case], plain.states[case], strict=True)
        surprises += [(case, *pair) for pair in states if pair[0] != pair[1]]
    return surprises


@pytest.mark.every_postgres
def test_what_stays_refused_says_so(cluster: Cluster, engine: Engine) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        for sql in (*choose_possible(cluster, FIRST), EVENT_FUNCTION):
            engine.executor.execute(connection, sql)
        for sql in choose_possible(cluster, REFUSED):
            error = attempt(engine, connection, sql.replace("{role}", "boss"))
            assert error is not None, sql
            assert error.leaves_dev_database, (sql, error)
