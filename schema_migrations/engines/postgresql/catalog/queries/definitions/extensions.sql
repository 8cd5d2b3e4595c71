-- Extensions, without those that every new database has.  The schema is named if it is
-- not the one that unqualified names resolve to, and the version if it is not the one
-- that this server installs without being asked.
SELECT 'pg_catalog.pg_extension'::regclass::oid AS catalog,
       e.oid,
       'extension' AS kind,
       NULL::oid AS namespace,
       e.extname AS name,
       CASE WHEN n.nspname IS DISTINCT FROM current_schema()
            THEN 'SCHEMA ' || quote_ident(n.nspname) ELSE '' END AS definition,
       '{}'::text[] AS labels,
       '{}'::text[] AS clauses,
       CASE WHEN e.extversion IS DISTINCT FROM
                 (SELECT a.default_version
                    FROM pg_catalog.pg_available_extensions AS a
                   WHERE a.name = e.extname)
            THEN e.extversion ELSE '' END AS version,
       e.extversion AS installed_version,
       e.extrelocatable AS is_relocatable
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
 WHERE e.oid >= 16384
