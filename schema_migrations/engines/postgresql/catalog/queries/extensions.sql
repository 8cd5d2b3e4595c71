-- Extensions beyond those that every database is born with.
SELECT e.oid, e.extname AS name
  FROM pg_catalog.pg_extension AS e
 WHERE e.oid >= 16384
