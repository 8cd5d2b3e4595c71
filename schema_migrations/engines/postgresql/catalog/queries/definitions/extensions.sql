-- Extensions, without those that every new database has.
SELECT 'pg_catalog.pg_extension'::regclass::oid AS catalog,
       e.oid,
       'extension' AS kind,
       NULL::oid AS namespace,
       e.extname AS name,
       '' AS definition
  FROM pg_catalog.pg_extension AS e
 WHERE e.oid >= 16384
