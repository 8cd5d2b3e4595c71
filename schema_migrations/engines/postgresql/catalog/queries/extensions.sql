-- Extensions, without those that every new database has.
SELECT e.oid, e.extname AS name
  FROM pg_catalog.pg_extension AS e
 WHERE e.oid >= 16384
