-- Foreign-data wrappers and foreign servers: they belong to the database, not to a
-- schema.  User mappings are left out: they hold passwords.
SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass::oid AS catalog,
       w.oid,
       NULL::oid AS namespace,
       NULL::oid AS owner,
       w.fdwname AS name,
       'foreign data wrapper' AS part,
       'foreign data wrapper' AS type,
       concat('CREATE FOREIGN DATA WRAPPER ', quote_ident(w.fdwname),
         ' HANDLER ' || nullif(w.fdwhandler, 0)::regproc,
         ' VALIDATOR ' || nullif(w.fdwvalidator, 0)::regproc,
         (SELECT ' OPTIONS (' || string_agg(
                   quote_ident(option_name) || ' ' || quote_literal(option_value),
                   ', ' ORDER BY option_name) || ')'
            FROM pg_options_to_table(w.fdwoptions))) AS definition,
       'DROP FOREIGN DATA WRAPPER ' || quote_ident(w.fdwname) AS drop
  FROM pg_catalog.pg_foreign_data_wrapper AS w
 WHERE w.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_foreign_data_wrapper'::regclass
            AND e.objid = w.oid
            AND e.deptype = 'e')
 UNION ALL
SELECT 'pg_catalog.pg_foreign_server'::regclass,
       s.oid, NULL, NULL, s.srvname, 'server', 'server',
       concat('CREATE SERVER ', quote_ident(s.srvname),
         ' TYPE ' || quote_literal(s.srvtype),
         ' VERSION ' || quote_literal(s.srvversion),
         ' FOREIGN DATA WRAPPER ', quote_ident(w.fdwname),
         (SELECT ' OPTIONS (' || string_agg(
                   quote_ident(option_name) || ' ' || quote_literal(option_value),
                   ', ' ORDER BY option_name) || ')'
            FROM pg_options_to_table(s.srvoptions))),
       'DROP SERVER ' || quote_ident(s.srvname)
  FROM pg_catalog.pg_foreign_server AS s
  JOIN pg_catalog.pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
 WHERE s.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_foreign_server'::regclass
            AND e.objid = s.oid
            AND e.deptype = 'e')
