"""Nothing that runs in a sealed room changes the cluster around it.

Each attack runs as a statement of a file in a transaction, as one outside of it, and from
a ``DO`` block, for four roles; a snapshot of the whole cluster is equal afterwards.
"""

from __future__ import annotations

from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from schema_migrations.engines.postgresql.session.statement_rights import decide_rights
from schema_migrations.engines.registry import engine_for
from schema_migrations.history.file import MigrationFile
from schema_migrations.schema.model import EMPTY
from schema_migrations.workflows.planning.trial import SqlRefused, has_rows
from schema_migrations.workflows.states.extra import try_repeatedly
from schema_migrations.workflows.states.extra_files import ExtraStatement
from schema_migrations.workflows.states.state import State, copy_schema
from tests.fixtures.children import wait_until
from tests.fixtures.postgresql import connect_as_administrator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from schema_migrations.dev.server import DevServer
    from schema_migrations.engines.connection import Connection
    from schema_migrations.engines.driver_error import DriverError
    from schema_migrations.engines.engine import Engine

ALIAS = "nowhere"

ROLES = {
    "boss": "SUPERUSER",
    "owner": "CREATEDB",
    "plain": "CREATEDB",
    "operator": "CREATEDB CREATEROLE REPLICATION",
}
OPERATOR_ROLES = (
    "pg_signal_backend",
    "pg_execute_server_program",
    "pg_write_server_files",
    "pg_read_server_files",
)

# {victim}: a database of the role "owner"; {pid}: a session in it; {file}: a path that the
# server may write to; {role}: the role that connects.
ATTACKS = """
CREATE ROLE evil
CREATE ROLE evil SUPERUSER LOGIN
CREATE USER evil
CREATE GROUP evil
ALTER ROLE {role} SUPERUSER
ALTER ROLE {role} SET work_mem = '1MB'
ALTER ROLE {role} IN DATABASE {victim} SET work_mem = '1MB'
ALTER ROLE {role} PASSWORD 'known'
ALTER ROLE CURRENT_USER SET work_mem = '1MB'
ALTER ROLE CURRENT_USER PASSWORD 'known'
ALTER ROLE SESSION_USER SET work_mem = '1MB'
ALTER ROLE ALL SET work_mem = '1MB'
ALTER ROLE bystander RENAME TO evil
ALTER USER bystander CONNECTION LIMIT 0
DROP ROLE bystander
GRANT owner TO bystander
GRANT pg_read_all_data TO bystander
REVOKE member FROM bystander
COMMENT ON ROLE bystander IS 'evil'
COMMENT ON DATABASE {victim} IS 'evil'
SECURITY LABEL ON ROLE bystander IS 'evil'
REASSIGN OWNED BY owner TO bystander
DROP OWNED BY owner
DROP OWNED BY pg_database_owner
CREATE DATABASE evil
DROP DATABASE {victim}
DROP DATABASE {victim} WITH (FORCE)
/* hidden */ DROP DATABASE {victim}
DROP /* hidden */ DATABASE {victim}
ALTER DATABASE {victim} RENAME TO evil
ALTER DATABASE {victim} SET work_mem = '1MB'
ALTER DATABASE {victim} OWNER TO bystander
ALTER DATABASE {victim} ALLOW_CONNECTIONS false
ALTER DATABASE {victim} IS_TEMPLATE true
ALTER DATABASE postgres SET work_mem = '1MB'
GRANT ALL ON DATABASE {victim} TO bystander
REVOKE CONNECT ON DATABASE {victim} FROM PUBLIC
CREATE TABLESPACE evil LOCATION '/tmp'
ALTER TABLESPACE pg_default SET (random_page_cost = 9)
GRANT CREATE ON TABLESPACE pg_default TO bystander
ALTER SYSTEM SET work_mem = '1MB'
ALTER SYSTEM RESET ALL
GRANT SET ON PARAMETER work_mem TO bystander
SELECT pg_reload_conf()
SELECT pg_rotate_logfile()
SELECT pg_terminate_backend({pid})
SELECT pg_cancel_backend({pid})
SELECT pg_create_physical_replication_slot('evil')
SELECT pg_create_logical_replication_slot('evil', 'pgoutput')
SELECT pg_replication_origin_create('evil')
CREATE SUBSCRIPTION evil CONNECTION 'dbname={victim}' PUBLICATION p WITH (connect = false)
SELECT lo_export(lo_from_bytea(0, 'x'), '{file}')
COPY (SELECT 1) TO '{file}'
COPY (SELECT 1) TO PROGRAM 'cat > {file}'
COPY pg_catalog.pg_class TO PROGRAM 'cat > {file}'
CREATE EXTENSION dblink
SELECT dblink_exec('dbname={victim}', 'DROP TABLE precious')
CREATE EXTENSION adminpack
CREATE SERVER evil FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname '{victim}')
SET ROLE bystander
SET SESSION AUTHORIZATION bystander
RESET ROLE
RESET SESSION AUTHORIZATION
SELECT set_config('role', 'none', false)
SELECT set_config('session_authorization', 'default', false)
ALTER FUNCTION dsm_sealed_room.run SECURITY INVOKER
CREATE OR REPLACE FUNCTION dsm_sealed_room.run(statement text) RETURNS void LANGUAGE sql AS 'SELECT'
ALTER SCHEMA dsm_sealed_room OWNER TO CURRENT_USER
DROP SCHEMA dsm_sealed_room CASCADE
GRANT ALL ON SCHEMA dsm_sealed_room TO PUBLIC
UPDATE pg_catalog.pg_proc SET prosecdef = false WHERE proname = 'run'
UPDATE pg_catalog.pg_authid SET rolsuper = true
DELETE FROM pg_catalog.pg_db_role_setting
LOAD 'auto_explain'
PREPARE TRANSACTION 'evil'
VACUUM FULL pg_catalog.pg_authid
REINDEX SYSTEM postgres
CREATE EVENT TRIGGER evil ON ddl_command_end EXECUTE FUNCTION trap()
CREATE INDEX CONCURRENTLY evil ON bait ((trap_value(1)))
VACUUM ANALYZE bait
INSERT INTO bait VALUES (1)
SELECT pg_advisory_lock(1)
SET lc_messages = 'C'; RESET ROLE; COPY (SELECT 1) TO PROGRAM 'cat > {file}'
CREATE INDEX CONCURRENTLY evil2 ON bait (id); RESET ROLE; DROP DATABASE {victim}
DISCARD ALL
DISCARD ALL; RESET ROLE; DROP DATABASE {victim}
CALL leave()
SELECT trap_value(1) AS x INTO evil
WITH evil AS (SELECT trap_value(1) AS x) SELECT * INTO evil3 FROM evil
SELECT 1 AS x INTO evil4; RESET ROLE; CREATE ROLE evil
ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT ALL ON SCHEMAS TO PUBLIC
ALTER DEFAULT PRIVILEGES FOR ROLE bystander REVOKE ALL ON FUNCTIONS FROM PUBLIC
ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT ALL ON TABLES TO PUBLIC; RESET ROLE; CREATE ROLE evil
REASSIGN OWNED BY {role} TO bystander
CREATE SCHEMA AUTHORIZATION CURRENT_USER
CREATE SCHEMA evil AUTHORIZATION {role} CREATE VIEW v AS SELECT trap_value(1)
CREATE POLICY evil ON bait TO CURRENT_USER USING (trap_value(1) = 1)
CREATE PUBLICATION evil FOR ALL TABLES; RESET ROLE; CREATE ROLE evil
COMMENT ON LANGUAGE plpgsql IS 'evil'; CREATE ROLE evil
REINDEX DATABASE postgres
REINDEX SCHEMA "x'::regnamespace; RESET ROLE; CREATE ROLE evil; --"
SET log_statement = 'all'; CREATE ROLE evil
/* ' */ DROP DATABASE {victim} /* ' */
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 0', current_database()); END $$
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ALLOW_CONNECTIONS false', current_database()); END $$
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I IS_TEMPLATE true', current_database()); END $$
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 1000', current_database()); END $$
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO bystander', current_database()); END $$
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RENAME TO evil', current_database()); END $$
DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO bystander WITH GRANT OPTION', current_database()); END $$
SET ROLE U&"\\0062oss"
ALTER DEFAULT PRIVILEGES FOR ROLE U&"\\0062oss" GRANT ALL ON TABLES TO PUBLIC
COMMENT ON LANGUAGE plpgsql IS '\\' ; RESET ROLE; DROP DATABASE {victim}; --'
""".strip().splitlines()

# What a role must never run with its own rights: it gives those back and breaks out.
# A program that does not read its input could end before the server writes to it: an
# error ("Broken pipe"), after which the trap undoes its CREATE ROLE.
_BREAK_OUT = """
  EXECUTE 'RESET ROLE';
  EXECUTE 'CREATE ROLE broken_out';
  EXECUTE 'COPY (SELECT 1) TO PROGRAM ''cat > {file}''';
"""

TRAPS = (
    "CREATE TABLE bait (id int)",
    "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN {_BREAK_OUT} RETURN NULL; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$",
    "CREATE FUNCTION trap_value(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
    f" $$ BEGIN {_BREAK_OUT} RETURN 1; EXCEPTION WHEN OTHERS THEN RETURN 1; END $$",
    "CREATE PROCEDURE leave() LANGUAGE plpgsql AS"
    f" $$ BEGIN COMMIT; BEGIN {_BREAK_OUT} EXCEPTION WHEN OTHERS THEN NULL; END;"
    f" COMMIT; {_BREAK_OUT} END $$",
    "CREATE CONSTRAINT TRIGGER trap AFTER INSERT ON bait DEFERRABLE INITIALLY DEFERRED"
    " FOR EACH ROW EXECUTE FUNCTION trap()",
    "INSERT INTO bait VALUES (1)",
)

# Ways out that several statements take together.  The code to run as the connecting role is
# not undone by a rollback.
ESCAPE = """
CREATE FUNCTION escape() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
  BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
  COPY (SELECT 1) TO PROGRAM 'cat > {file}';
  RETURN 1;
EXCEPTION WHEN OTHERS THEN RETURN 1;
END $$
"""
WAYS_OUT = {
    "a cursor that outlives the commit": (
        "DECLARE c CURSOR WITH HOLD FOR SELECT escape()",
    ),
    "a function in the place of a server's": (
        "CREATE SCHEMA evil",
        "CREATE FUNCTION evil.pg_current_xact_id_if_assigned() RETURNS xid8"
        " LANGUAGE sql AS 'SELECT public.escape(); SELECT NULL::pg_catalog.xid8'",
        "CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text"
        " LANGUAGE sql AS 'SELECT public.escape()::text'",
        "SET search_path = evil, pg_catalog",
    ),
    "a view in the place of a catalog": (
        "CREATE TEMP VIEW pg_settings AS SELECT 'x'::text AS name,"
        " escape()::text AS setting, 'session'::text AS source",
        "CREATE TEMP VIEW pg_locks AS SELECT escape() AS relation",
    ),
    "a type in the place of a server's": (
        "CREATE DOMAIN pg_temp.regrole AS text CHECK (public.escape() = 1)",
        "SET ROLE bystander",
        "ALTER TABLE bait OWNER TO bystander",
    ),
    "an operator that our queries would prefer": (
        "CREATE FUNCTION ge(oid, int4) RETURNS boolean LANGUAGE sql COST 0.0001"
        " AS 'SELECT public.escape() = 1'",
        "CREATE OPERATOR >= (LEFTARG = oid, RIGHTARG = int4, FUNCTION = ge)",
        "CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = int4, FUNCTION = ge)",
        "CREATE FUNCTION concat_ws(text, text, text) RETURNS text LANGUAGE sql"
        " AS 'SELECT public.escape()::text'",
        "CREATE FUNCTION concat(text, text) RETURNS text LANGUAGE sql"
        " AS 'SELECT public.escape()::text'",
    ),
    "a trigger that defers another": (
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF NEW.id = 1 THEN SET CONSTRAINTS ALL DEFERRED;"
        " INSERT INTO bait VALUES (2); ELSE PERFORM escape(); END IF; RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER again AFTER INSERT ON bait DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION again()",
        "INSERT INTO bait VALUES (1)",
    ),
    "a constant of a domain": (
        "CREATE DOMAIN evil AS int CHECK (escape() = VALUE)",
        "CREATE INDEX CONCURRENTLY i ON bait (id) WHERE '{1}'::evil[] IS NOT NULL",
        "CREATE PUBLICATION p FOR TABLE bait WHERE ('{1}'::evil[] IS NOT NULL)",
        "COMMENT ON EXTENSION plpgsql IS '{1}'::evil[]",
    ),
    "an extension that takes the room's function": (
        "CREATE EXTENSION citext",
        "CREATE EXTENSION pg_trgm",
        "ALTER EXTENSION citext ADD FUNCTION dsm_sealed_room.run(text)",
        "CREATE FUNCTION run(statement text) RETURNS void LANGUAGE sql AS 'SELECT escape()'",
        "ALTER EXTENSION pg_trgm ADD FUNCTION public.run(text)",
        "DROP EXTENSION citext CASCADE",
        "ALTER EXTENSION pg_trgm SET SCHEMA dsm_sealed_room",
        "SELECT 1",
    ),
    "a foreign key whose check waits for the commit": (
        "CREATE FUNCTION hold() RETURNS int LANGUAGE plpgsql AS"
        " $$ BEGIN EXECUTE 'DECLARE c CURSOR WITH HOLD FOR SELECT escape()'; RETURN 1;"
        " EXCEPTION WHEN OTHERS THEN RETURN 1; END $$",
        "CREATE FUNCTION fold() RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM hold(); RETURN 1; END $$",
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "INSERT INTO parent VALUES (1)",
        "CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " SET CONSTRAINTS ALL DEFERRED; DROP INDEX IF EXISTS i;"
        " CREATE INDEX i ON parent (id) WHERE fold() = 1;"
        " INSERT INTO child VALUES (1); RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER again AFTER INSERT ON bait DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION again()",
        "INSERT INTO bait VALUES (1)",
    ),
    "a foreign key that is dropped before its check": (
        "CREATE FUNCTION fold() RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM escape(); RETURN 1; END $$",
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "INSERT INTO parent VALUES (1)",
        "CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " SET CONSTRAINTS ALL DEFERRED; DELETE FROM parent WHERE id = 1;"
        " ALTER TABLE child ALTER CONSTRAINT child_id_fkey NOT DEFERRABLE;"
        " RETURN NULL; END $$",
        "CREATE CONSTRAINT TRIGGER again AFTER INSERT ON bait DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION again()",
        "INSERT INTO bait VALUES (1)",
    ),
    "a constraint that is computed while a partition is detached": (
        "CREATE FUNCTION fold(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM escape(); RETURN 1; END $$",
        "CREATE TABLE p (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "ALTER TABLE p1 ADD CHECK (fold(1) = 1)",
        "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
        "ALTER TABLE p DETACH PARTITION p1 FINALIZE",
    ),
    "a partition key that is computed while triggers are disabled": (
        "CREATE FUNCTION fold(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM escape(); RETURN 1; END $$",
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$",
        "CREATE TABLE p (id int) PARTITION BY RANGE ((id + fold(1)))",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "CREATE TRIGGER t AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION nothing()",
        "ALTER TABLE p ADD COLUMN more int",
        "ALTER TABLE p DISABLE TRIGGER t",
        "ALTER TABLE p ADD COLUMN most int",
        "ALTER TABLE p DISABLE TRIGGER ALL",
        "ALTER TABLE p ADD COLUMN all_of_it int",
        "ALTER TABLE ONLY p DISABLE TRIGGER ALL",
    ),
    "a procedure that commits": (
        "CREATE PROCEDURE leave() LANGUAGE plpgsql AS $$ BEGIN"
        " COMMIT; PERFORM escape(); COMMIT AND CHAIN; PERFORM escape(); END $$",
        "CALL leave()",
        "DO $$ BEGIN COMMIT; CALL leave(); COMMIT; PERFORM escape(); END $$",
        "CREATE PROCEDURE hidden() LANGUAGE plpgsql AS $$ BEGIN"
        " NULL/*dsm-muted PERFORM escape()*/; PERFORM 'commit'; END $$",
        "CALL hidden()",
        "CREATE PROCEDURE by_force() LANGUAGE plpgsql AS $$ BEGIN"
        " ROLLBACK; PERFORM escape(); END $$",
        "CALL by_force()",
        "CREATE FUNCTION pg_get_functiondef(name) RETURNS text LANGUAGE sql"
        " AS 'SELECT escape()::text'",
        "CALL leave()",
    ),
    "a session that is discarded": (
        "PREPARE p AS SELECT escape()",
        "LISTEN evil",
        "DISCARD ALL",
        "CREATE TEMP TABLE pg_proc AS SELECT escape() AS oid",
        "PREPARE p AS SELECT escape()",
        "EXECUTE p",
        "DISCARD ALL",
        "SELECT escape() INTO evil",
        "DISCARD ALL",
    ),
    "rights on what the room will make": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT ALL ON TABLES TO pg_database_owner",
        "ALTER DEFAULT PRIVILEGES FOR USER {role}, bystander GRANT ALL ON SCHEMAS TO PUBLIC",
        "CREATE FUNCTION concat(text, text) RETURNS text LANGUAGE sql AS 'SELECT $1'",
        "CREATE OR REPLACE VIEW dsm_sealed_room.query_0 AS SELECT escape() AS x",
        "CREATE RULE evil AS ON INSERT TO dsm_sealed_room.rivals DO INSTEAD SELECT escape()",
        "CREATE PUBLICATION evil FOR ALL TABLES",
        "ALTER PUBLICATION evil RENAME TO evil2",
    ),
    "an operator class that crashes the server": (
        "CREATE OPERATOR CLASS evil FOR TYPE int4 USING gist AS OPERATOR 1 =",
        "DROP EXTENSION plpgsql CASCADE",
        "REINDEX TABLE pg_catalog.pg_authid",
        "REINDEX SCHEMA pg_catalog",
        "CREATE EXTENSION citext SCHEMA dsm_sealed_room",
    ),
}

SNAPSHOT = (
    "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolcanlogin, rolconnlimit,"
    " rolpassword FROM pg_authid ORDER BY 1",
    "SELECT roleid::regrole, member::regrole FROM pg_auth_members ORDER BY 1, 2",
    "SELECT datname, datdba::regrole, datallowconn, datistemplate, datacl FROM pg_database"
    " ORDER BY 1",
    "SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting ORDER BY 1, 2",
    "SELECT spcname, spcacl, spcoptions FROM pg_tablespace ORDER BY 1",
    "SELECT classoid, description FROM pg_shdescription ORDER BY 1, 2",
    "SELECT slot_name FROM pg_replication_slots",
    "SELECT roname FROM pg_replication_origin",
    "SELECT gid FROM pg_prepared_xacts",
    "SELECT name, setting FROM pg_file_settings ORDER BY 1, 2",
    "SELECT pg_conf_load_time()",
    "SELECT pid, datname FROM pg_stat_activity"
    " WHERE application_name = 'victim' ORDER BY 1",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    settings: dict[str, Any]
    administrator: psycopg.Connection
    victim: psycopg.Connection
    """A session of the role ``owner`` in its own database."""
    file: str
    """A path that the server could write to."""

    def as_role(self, role: str) -> dict[str, Any]:
        return {**self.settings, "USER": role, "PASSWORD": "known"}

    def fill_in(self, attack: str, role: str) -> str:
        return (
            attack.replace("{victim}", self.victim.info.dbname)
            .replace("{pid}", str(self.victim.info.backend_pid))
            .replace("{file}", self.file)
            .replace("{role}", role)
        )

    def take_facts(self) -> list[object]:
        """Return all that needs no session of the victim."""
        return [self.administrator.execute(query).fetchall() for query in SNAPSHOT]

    def take_snapshot(self) -> list[object]:
        facts = self.take_facts()
        facts.append(self.victim.execute("SELECT count(*) FROM precious").fetchall())
        (written,) = self.administrator.execute(
            "SELECT (pg_stat_file(%s, true)).size IS NOT NULL", [self.file]
        ).fetchone() or (None,)
        return [*facts, written]


@pytest.fixture
def cluster(pg_server: DevServer) -> Iterator[Cluster]:
    settings = {**pg_server.settings, "OPTIONS": {}}
    with ExitStack() as stack:
        administrator = stack.enter_context(connect_as_administrator(settings))
        run = administrator.execute
        row = run("SELECT current_setting('data_directory') || '/written'").fetchone()
        assert row is not None
        file = row[0]

        def drop() -> None:
            run(f"COPY (SELECT 1) TO PROGRAM 'cat; rm -f {file}'")
            run("DROP DATABASE IF EXISTS precious WITH (FORCE)")
            for role in (*ROLES, "bystander", "member", "evil", "broken_out"):
                run(f"DROP ROLE IF EXISTS {role}")

        drop()
        stack.callback(drop)
        run("CREATE ROLE bystander")
        run("CREATE ROLE member ROLE bystander")
        for role, options in ROLES.items():
            run(f"CREATE ROLE {role} LOGIN {options}")
        run(f"GRANT {', '.join(OPERATOR_ROLES)} TO operator")
        run("CREATE DATABASE precious OWNER owner")
        victim = stack.enter_context(
            psycopg.connect(
                host=settings["HOST"],
                port=settings["PORT"],
                user="owner",
                dbname="precious",
                application_name="victim",
                autocommit=True,
            )
        )
        victim.execute("CREATE TABLE precious AS SELECT 1 AS id")
        yield Cluster(
            settings=settings, administrator=administrator, victim=victim, file=file
        )


@pytest.fixture
def engine() -> Engine:
    plain = engine_for("postgresql")
    assert plain.dev_server.seal is not None
    return plain.dev_server.seal(plain)


def attempt(
    engine: Engine,
    connection: Connection,
    sql: str,
    *,
    within: AbstractContextManager[Any] | None = None,
) -> DriverError | None:
    """Run a statement; return how the server refused it."""
    try:
        with within or nullcontext():
            engine.executor.execute(connection, sql)
    except Exception as exception:
        error = engine.executor.read_driver_error(exception)
        if error is None:
            raise
        return error
    return None


def attempt_in_transaction(
    engine: Engine, connection: Connection, sql: str
) -> DriverError | None:
    """Run a statement as the only one of a file."""
    transaction = engine.executor.open_transaction(connection)
    return attempt(engine, connection, sql, within=transaction)


def cursor_of(connection: Connection) -> Any:
    return connection.connection.cursor()


def wrap_in_do(sql: str) -> str:
    return f"DO $outer$ BEGIN EXECUTE $inner${sql}$inner$; END $outer$"


@pytest.mark.every_postgres
@pytest.mark.parametrize("role", ROLES)
def test_no_statement_changes_the_cluster(
    cluster: Cluster, engine: Engine, role: str
) -> None:
    outside = cluster.take_snapshot()
    with engine.dev_server.create_scratch_database(
        cluster.as_role(role), ALIAS
    ) as connection:
        for sql in TRAPS:
            engine.executor.execute(connection, cluster.fill_in(sql, role))
        before = cluster.take_snapshot()
        for attack in ATTACKS:
            sql = cluster.fill_in(attack, role)
            for attempt_it in (attempt, attempt_in_transaction):
                for form in (sql, wrap_in_do(sql)):
                    attempt_it(engine, connection, form)
                    assert cluster.take_snapshot() == before, form
    assert cluster.take_snapshot() == outside


@pytest.mark.every_postgres
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("form", [attempt, attempt_in_transaction])
def test_no_way_leads_out(
    cluster: Cluster,
    engine: Engine,
    way: str,
    role: str,
    form: Callable[[Engine, Connection, str], DriverError | None],
) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role(role), ALIAS
    ) as connection:
        before = cluster.take_snapshot()
        for sql in ("CREATE TABLE bait (id int)", ESCAPE, *WAYS_OUT[way]):
            with engine.executor.keep_settings(connection):
                form(engine, connection, cluster.fill_in(sql, role))
        with (
            engine.executor.keep_settings(connection),
            suppress(Exception),
            engine.executor.open_transaction(connection),
        ):
            for sql in WAYS_OUT[way]:
                engine.executor.execute(connection, cluster.fill_in(sql, role))
        assert "table" in {
            key.kind for key in engine.reader.inspect(cursor_of(connection)).by_key
        }
        assert cluster.take_snapshot() == before


def test_no_way_leads_out_of_what_the_driver_prepares(
    cluster: Cluster, engine: Engine
) -> None:
    options = {"prepare_threshold": 1, "server_side_binding": True}
    settings = {**cluster.as_role("boss"), "OPTIONS": options}
    with engine.dev_server.create_scratch_database(settings, ALIAS) as connection:
        before = cluster.take_snapshot()
        for sql in (
            ESCAPE,
            *["SELECT 1"] * 5,
            "DO $$ DECLARE n text; BEGIN"
            " FOR n IN SELECT name FROM pg_prepared_statements LOOP"
            " EXECUTE 'DEALLOCATE ' || n; EXECUTE format('PREPARE %s AS SELECT escape()', n);"
            " END LOOP; END $$",
            "SELECT 1",
        ):
            attempt(engine, connection, cluster.fill_in(sql, "boss"))
        assert cluster.take_snapshot() == before


@pytest.mark.parametrize(
    "swap",
    [
        "ALTER TABLE pg_temp.schema_migrations_found RENAME TO away;"
        " CREATE TEMP VIEW schema_migrations_found AS SELECT escape()",
        "CREATE VIEW public.schema_migrations_found AS SELECT escape();"
        " SET search_path = public, pg_temp",
    ],
)
def test_no_way_leads_out_of_a_query_that_is_tried(
    cluster: Cluster, engine: Engine, swap: str
) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        before = cluster.take_snapshot()
        for sql in (
            ESCAPE,
            "CREATE FUNCTION swap() RETURNS int LANGUAGE plpgsql AS"
            f" $$ BEGIN {swap}; RETURN 1; END $$",
        ):
            engine.executor.execute(connection, cluster.fill_in(sql, "boss"))
        state = State(schema=EMPTY, connection=connection, description="here")
        with suppress(SqlRefused):
            has_rows(engine, state, "SELECT swap() AS one")
        assert cluster.take_snapshot() == before


EVIL_PATH = (
    "CREATE SCHEMA evil",
    "CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text"
    " LANGUAGE sql AS 'SELECT public.escape()::text'",
    "CREATE FUNCTION evil.eq(oid, oid) RETURNS boolean"
    " LANGUAGE sql AS 'SELECT public.escape() = 1'",
    "CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.eq)",
    "CREATE VIEW seen AS SELECT 1 AS one",
    "CREATE FUNCTION use_path() RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
    " PERFORM pg_catalog.set_config('search_path', 'evil, public, pg_catalog', false);"
    " RETURN 1; END $$",
)
"""Another path for whoever calls ``use_path``, with what our queries would find in it."""


def test_a_deferred_trigger_leaves_no_path_behind(
    cluster: Cluster, engine: Engine
) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        before = cluster.take_snapshot()
        statements = (
            ESCAPE,
            *EVIL_PATH,
            "CREATE TABLE bait (id int)",
            "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM public.use_path(); RETURN NULL; END $$",
            "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON bait"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()",
            "INSERT INTO bait VALUES (1)",
        )
        with engine.executor.open_transaction(connection):
            for sql in statements:
                engine.executor.execute(connection, cluster.fill_in(sql, "boss"))
        engine.reader.inspect(cursor_of(connection))
        assert cluster.take_snapshot() == before


CALLS_THE_PATH = (
    "CREATE FUNCTION fold() RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN public.use_path(); END $$",
    "CREATE TABLE parted (id int) PARTITION BY RANGE ((id + fold()))",
)


def load_extra(engine: Engine, connection: Connection, statements: list[str]) -> None:
    file = MigrationFile(name="extra.sql", content=";\n".join(statements).encode())
    extra = [
        ExtraStatement(file=file.name, statement=statement)
        for statement in file.split_statements(engine.dialect.syntax)
    ]
    assert try_repeatedly(engine, connection, extra) == ()


def test_extra_leaves_no_path_behind(cluster: Cluster, engine: Engine) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        before = cluster.take_snapshot()
        statements = (ESCAPE, *EVIL_PATH, *CALLS_THE_PATH)
        load_extra(
            engine, connection, [cluster.fill_in(sql, "boss") for sql in statements]
        )
        engine.reader.inspect(cursor_of(connection))
        assert cluster.take_snapshot() == before


def test_a_copy_leaves_no_path_behind(cluster: Cluster, engine: Engine) -> None:
    create = engine.dev_server.create_scratch_database
    with (
        create(cluster.as_role("boss"), ALIAS) as one,
        create(cluster.as_role("boss"), ALIAS) as two,
    ):
        load_extra(engine, one, ["CREATE SCHEMA evil", EVIL_PATH[-1], *CALLS_THE_PATH])
        copy_schema(engine, two, engine.reader.inspect(cursor_of(one)))
        path = two.connection.execute("SHOW search_path").fetchone()
        assert path == ("public",)


def test_a_probe_leaves_no_path_behind(cluster: Cluster, engine: Engine) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        before = cluster.take_snapshot()
        for sql in (
            ESCAPE,
            *EVIL_PATH,
            "CREATE FUNCTION fold() RETURNS int IMMUTABLE LANGUAGE plpgsql AS"
            " $$ BEGIN RETURN public.use_path(); END $$",
            "CREATE TABLE checked (id int)",
            "INSERT INTO checked VALUES (1)",
            "ALTER TABLE checked ADD CHECK (fold() = 1)",
        ):
            with engine.executor.keep_settings(connection):
                engine.executor.execute(connection, cluster.fill_in(sql, "boss"))
        schema = engine.reader.inspect(cursor_of(connection))
        assert engine.reader.canonicalize is not None
        engine.reader.canonicalize(
            cursor_of(connection), schema, frozenset(schema.by_key)
        )
        assert cluster.take_snapshot() == before


@pytest.mark.parametrize(
    "attack",
    [
        "CREATE ROLE evil",
        "DO $$ BEGIN CREATE ROLE evil; END $$",
        "DROP DATABASE {victim} WITH (FORCE)",
        "GRANT ALL ON DATABASE {victim} TO bystander",
        "ALTER ROLE CURRENT_USER SET work_mem = '1MB'",
        "SELECT pg_reload_conf()",
        "SELECT pg_terminate_backend({pid}, 5000)",
        "INSERT INTO bait VALUES (1)",
    ],
)
def test_without_the_room_they_do(cluster: Cluster, attack: str) -> None:
    unsealed = engine_for("postgresql")
    with unsealed.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        for sql in TRAPS[:-1]:
            # Here an error is a fault of the test, which the trap must not hide.
            bare = sql.replace(" EXCEPTION WHEN OTHERS THEN RETURN NULL;", "")
            unsealed.executor.execute(connection, cluster.fill_in(bare, "boss"))
        before = cluster.take_facts()
        unsealed.executor.execute(connection, cluster.fill_in(attack, "boss"))
        assert wait_until(lambda: cluster.take_facts() != before)


def test_a_file_that_is_written_is_seen(cluster: Cluster) -> None:
    before = cluster.take_snapshot()
    cluster.administrator.execute(f"COPY (SELECT 1) TO PROGRAM 'cat > {cluster.file}'")
    assert cluster.take_snapshot() != before


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= 40
    assert len(set(ATTACKS)) == len(ATTACKS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE ROLE evil",
        "DROP DATABASE precious",
        "DO $$ BEGIN CREATE ROLE evil; END $$",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "ALTER ROLE CURRENT_USER SET work_mem = '1MB'",
        "SELECT pg_reload_conf()",
        "DO $$ BEGIN ROLLBACK; END $$",
    ],
)
def test_the_error_says_that_a_statement_leaves_the_dev_database(
    cluster: Cluster, engine: Engine, role: str, sql: str
) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role(role), ALIAS
    ) as connection:
        error = attempt(engine, connection, sql)
        assert error is not None
        assert error.leaves_dev_database
        assert not error.refused_in_transaction


# What teams write, and what a dump holds: it runs for every role that could run it.
HARMLESS = """
CREATE SCHEMA shop
CREATE TABLE shop.item (id int PRIMARY KEY, name text)
SET search_path = shop
CREATE TABLE part (id int PRIMARY KEY, item int REFERENCES item DEFERRABLE INITIALLY DEFERRED)
INSERT INTO item VALUES (1, 'a\\b'), (2, 'it''s')
INSERT INTO part VALUES (1, 1)
SET search_path TO public, shop
ALTER TABLE shop.part DISABLE TRIGGER USER
ALTER TABLE shop.item OWNER TO bystander
ALTER TABLE IF EXISTS ONLY shop.item OWNER TO "bystander"
SET ROLE bystander
CREATE TABLE still_mine (id int)
RESET ROLE
ALTER TABLE shop.item ADD COLUMN price numeric
GRANT SELECT ON shop.item TO bystander
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO bystander
CREATE FUNCTION f(int, text) RETURNS int LANGUAGE sql AS 'SELECT 1'
ALTER FUNCTION f(int, text) OWNER TO bystander
CREATE INDEX CONCURRENTLY item_name ON shop.item (name)
REINDEX INDEX CONCURRENTLY shop.item_name
REINDEX TABLE shop.item
VACUUM (ANALYZE) shop.item
VACUUM shop.item, shop.part
DROP INDEX CONCURRENTLY shop.item_name
CREATE TYPE mood AS ENUM ('good')
ALTER TYPE mood ADD VALUE 'bad'
SET CONSTRAINTS ALL DEFERRED
LOCK TABLE shop.item
CREATE EXTENSION IF NOT EXISTS plpgsql
COMMENT ON TABLE shop.item IS 'x'
DO $$ BEGIN PERFORM 1; END $$
REVOKE ALL ON shop.item FROM PUBLIC
CREATE PUBLICATION news FOR TABLE shop.item
CREATE SCHEMA blog AUTHORIZATION bystander
CREATE SCHEMA AUTHORIZATION bystander
VACUUM
""".strip().splitlines()


@pytest.mark.every_postgres
@pytest.mark.parametrize("role", ROLES)
def test_what_teams_write_runs(cluster: Cluster, engine: Engine, role: str) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role(role), ALIAS
    ) as connection:
        for sql in HARMLESS:
            assert attempt(engine, connection, sql) is None, sql
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM shop.item ORDER BY id")
            assert cursor.fetchall() == [("a\\b",), ("it's",)]


def test_only_a_superuser_needs_more_rights_for_these(
    cluster: Cluster, engine: Engine
) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        for sql in (
            "CREATE TABLE a (id int PRIMARY KEY)",
            "CREATE TABLE b (a int REFERENCES a)",
            "ALTER TABLE b DISABLE TRIGGER ALL",
            "SET session_replication_role = replica",
            "INSERT INTO b VALUES (7)",
            "SET session_replication_role TO DEFAULT",
            "COMMENT ON EXTENSION plpgsql IS 'x'",
            "COMMENT ON SCHEMA public IS 'x'",
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
        ):
            assert attempt(engine, connection, sql) is None, sql


@pytest.mark.parametrize(("role", "runs"), [("boss", True), ("plain", False)])
def test_an_extension_is_moved_where_the_role_may(
    cluster: Cluster, engine: Engine, role: str, runs: bool
) -> None:
    """Its functions belong to the administrator, also those of a trusted one."""
    with engine.dev_server.create_scratch_database(
        cluster.as_role(role), ALIAS
    ) as connection:
        for sql in ("CREATE SCHEMA ext", "CREATE EXTENSION hstore"):
            assert attempt(engine, connection, sql) is None
        error = attempt(engine, connection, "ALTER EXTENSION hstore SET SCHEMA ext")
        assert (error is None) is runs
        assert runs or (error and error.leaves_dev_database)


@pytest.mark.parametrize(
    ("sql", "of"),
    [
        ("CREATE EXTENSION bloom", "connecting role"),
        ('CREATE EXTENSION IF NOT EXISTS "postgis" WITH SCHEMA gis', "connecting role"),
        ("DROP EXTENSION IF EXISTS vector CASCADE", "connecting role"),
        ("COMMENT ON EXTENSION \"hstore\" IS 'it''s'", "connecting role"),
        ("CREATE EXTENSION bloomy", "room"),
        ("CREATE EXTENSION bloom CASCADE", "room"),
        ("CREATE EXTENSION bloom SCHEMA dsm_sealed_room", "room"),
        ('CREATE EXTENSION bloom SCHEMA "dsm_sealed_room"', "room"),
        ("CREATE EXTENSION dblink", "room"),
        ("ALTER EXTENSION bloom ADD FUNCTION f()", "room"),
        ("ALTER EXTENSION bloom SET SCHEMA ext", "connecting role"),
        ("ALTER EXTENSION bloom SET SCHEMA dsm_sealed_room", "room"),
        ('ALTER EXTENSION bloom SET SCHEMA "pg_catalog"', "room"),
        ("ALTER EXTENSION bloom SET SCHEMA PG_CATALOG", "room"),
        ("ALTER EXTENSION bloom SET SCHEMA pg_temp", "room"),
        ('ALTER EXTENSION bloom SET SCHEMA U&"pg_catalo\\0067"', "room"),
        ("ALTER EXTENSION bloom SET SCHEMA Dsm_Sealed_Room", "room"),
        ("ALTER EXTENSION bloom SET SCHEMA ext; SELECT f()", "room"),
        ("ALTER TABLE t DISABLE TRIGGER ALL", "connecting role"),
        ("ALTER TABLE t DISABLE TRIGGER ALL, ADD CHECK (f())", "room"),
        ("SET session_replication_role = replica", "connecting role"),
        ("SET log_min_messages = debug1", "room"),
        ("COMMENT ON LANGUAGE plpgsql IS 'x'", "connecting role"),
        ("COMMENT ON LANGUAGE plpgsql IS '{1}'::evil[]", "room"),
        ("CREATE PUBLICATION p FOR ALL TABLES", "connecting role"),
        ("CREATE PUBLICATION p FOR TABLES IN SCHEMA a, b", "connecting role"),
        ("/* all */ DROP PUBLICATION p, q -- both", "connecting role"),
        ("DROP PUBLICATION p; SELECT f()", "room"),
        ("CREATE PUBLICATION p FOR ALL TABLES WITH (publish = f())", "room"),
        ("CREATE PUBLICATION p FOR TABLE t WHERE (f())", "room"),
    ],
)
def test_what_runs_with_the_rights_of_the_role(sql: str, of: str) -> None:
    for in_transaction in (False, True):
        assert decide_rights(sql, in_transaction=in_transaction).of == of


def test_a_role_that_is_missing_asks_for_another_server(
    cluster: Cluster, engine: Engine
) -> None:
    """There a stand-in is made for it."""
    with engine.dev_server.create_scratch_database(
        cluster.as_role("boss"), ALIAS
    ) as connection:
        engine.executor.execute(connection, "CREATE TABLE a (id int)")
        for sql in ("SET ROLE nobody_here", "ALTER TABLE a OWNER TO nobody_here"):
            error = attempt(engine, connection, sql)
            assert error is not None
            assert (error.sqlstate, error.leaves_dev_database) == ("42704", True)
        error = attempt(engine, connection, "ALTER TABLE missing OWNER TO bystander")
        assert error is not None
        assert error.sqlstate == "42P01"


def test_an_error_keeps_its_position(cluster: Cluster, engine: Engine) -> None:
    with engine.dev_server.create_scratch_database(
        cluster.as_role("plain"), ALIAS
    ) as connection:
        error = attempt(engine, connection, "SELECT missing")
        assert error is not None
        assert error.position == len("SELECT ") + 1
        error = attempt(engine, connection, "SELECT missing INTO somewhere")
        assert error is not None
        assert error.position == len("SELECT ") + 1
        inner = "DO $$ BEGIN PERFORM missing; END $$"
        error = attempt(engine, connection, inner)
        assert error is not None
        assert error.position == 0


def test_the_room_is_not_part_of_the_schema(cluster: Cluster, engine: Engine) -> None:
    plain = engine_for("postgresql")
    schemas = []
    for each in (plain, engine):
        with each.dev_server.create_scratch_database(
            cluster.as_role("boss"), ALIAS
        ) as connection:
            for sql in (
                "CREATE TABLE a (id int CHECK (id > 0))",
                # Now the queries run through views.
                "CREATE FUNCTION concat(text, text) RETURNS text LANGUAGE sql"
                " AS 'SELECT $1'",
            ):
                each.executor.execute(connection, sql)
            schemas.append(each.reader.inspect(connection.connection.cursor()))
    assert schemas[0] == schemas[1]
