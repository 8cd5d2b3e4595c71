"""The objects of a sealed room: SQL that makes them, and how it names them."""

from __future__ import annotations

from schema_migrations.engines.postgresql.session.frozen_queries import RIVALS_QUERY
from schema_migrations.engines.postgresql.session.parameters import (
    SESSION_VALUES_QUERY,
)

ROOM_SCHEMA = "dsm_sealed_room"

MAKE_ROOM = f"""
CREATE SCHEMA {ROOM_SCHEMA};
CREATE FUNCTION {ROOM_SCHEMA}.run(statement text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE statement; END';
CREATE FUNCTION {ROOM_SCHEMA}.run_all(statements text[]) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER AS '
DECLARE each text;
BEGIN FOREACH each IN ARRAY statements LOOP EXECUTE each; END LOOP; END';
GRANT CREATE ON SCHEMA {ROOM_SCHEMA} TO pg_database_owner;
ALTER FUNCTION {ROOM_SCHEMA}.run OWNER TO pg_database_owner;
ALTER FUNCTION {ROOM_SCHEMA}.run_all OWNER TO pg_database_owner;
REVOKE ALL ON SCHEMA {ROOM_SCHEMA} FROM pg_database_owner;
DO $$ BEGIN
  EXECUTE format('GRANT ALL ON DATABASE %I TO pg_database_owner', current_database());
  -- Before PostgreSQL 15 the schema belongs to the superuser, and everybody may use it.
  IF pg_catalog.pg_has_role(
    (SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname = 'public'), 'MEMBER')
  THEN
    ALTER SCHEMA public OWNER TO pg_database_owner;
  END IF;
END $$;
"""

# The names, operators and functions in a view are looked up when it is created: before a
# file can make others of the same name.
#
# Of the catalogs that all databases share, most stay locked until the end of a transaction
# that wrote to them; a GRANT leaves only its row, whose transaction is in progress.  What
# a database's own objects depend on is noted in pg_shdepend.
# https://www.postgresql.org/docs/current/view-pg-locks.html
#
# A trigger that is deferred may defer others while it fires, also those of foreign keys,
# whose queries call the functions in a table's indexes.  Only a table that the transaction
# wrote to, and so has locked, has triggers to fire.
MAKE_VIEWS = f"""
CREATE VIEW {ROOM_SCHEMA}.shared_writes AS
SELECT relation::regclass::text AS catalog FROM pg_catalog.pg_locks
 WHERE pid = pg_backend_pid() AND locktype = 'relation' AND database = 0
   AND mode = 'RowExclusiveLock' AND relation <> 'pg_catalog.pg_shdepend'::regclass
UNION ALL
SELECT name
  FROM (SELECT 'pg_database' AS name, xmin FROM pg_catalog.pg_database
         WHERE datname <> current_database()
        UNION ALL
        SELECT 'pg_tablespace', xmin FROM pg_catalog.pg_tablespace) AS row,
       (SELECT pg_current_xact_id_if_assigned() AS own) AS transaction
 WHERE CASE WHEN age(xmin) BETWEEN 0 AND age(own::xid)
            THEN pg_xact_status(
                   (own::text::bigint + age(own::xid) - age(xmin))::text::xid8)
                 = 'in progress' END;
CREATE VIEW {ROOM_SCHEMA}.written_tables AS
SELECT DISTINCT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid AND c.relkind IN ('r', 'p')
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_locks AS l ON l.relation = c.oid
 WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.database <> 0
   AND l.mode = 'RowExclusiveLock';
CREATE VIEW {ROOM_SCHEMA}.session_values AS {SESSION_VALUES_QUERY};
CREATE VIEW {ROOM_SCHEMA}.rivals AS {RIVALS_QUERY};
CREATE VIEW {ROOM_SCHEMA}.committing_procedures AS
SELECT pg_get_functiondef(p.oid)
  FROM pg_catalog.pg_proc AS p
 WHERE p.prokind = 'p' AND p.prosrc ~* '\\mcommit\\M'
   AND p.proowner = (SELECT oid FROM pg_catalog.pg_roles
                      WHERE rolname = 'pg_database_owner')
   AND p.prolang = (SELECT oid FROM pg_catalog.pg_language WHERE lanname = 'plpgsql');
"""

RUN, RUN_ALL = f"{ROOM_SCHEMA}.run", f"{ROOM_SCHEMA}.run_all"
SHARED_WRITES = f"TABLE {ROOM_SCHEMA}.shared_writes"
SESSION_VALUES = f"TABLE {ROOM_SCHEMA}.session_values"
WRITTEN_TABLES = f"TABLE {ROOM_SCHEMA}.written_tables"
RIVALS = f"{ROOM_SCHEMA}.rivals"
COMMITTING_PROCEDURES = f"TABLE {ROOM_SCHEMA}.committing_procedures"
