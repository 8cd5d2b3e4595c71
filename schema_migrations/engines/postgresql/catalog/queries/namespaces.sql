-- Schemas (namespaces) in scope: without the server's own, temporary ones and the one
-- that may hold the revisions.  "current" is the one that unqualified names resolve to.
-- The other queries refer to these rows by oid.
SELECT n.oid,
       n.nspname AS name,
       n.nspname = coalesce(current_schema(), 'public') AS current
  FROM pg_catalog.pg_namespace AS n
 WHERE n.nspname !~ '^pg_'
   AND n.nspname NOT IN ('information_schema', 'atlas_schema_revisions')
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_namespace'::regclass
            AND e.objid = n.oid
            AND e.deptype = 'e')
