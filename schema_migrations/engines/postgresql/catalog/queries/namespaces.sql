-- Schemas (namespaces) in scope: not the server's own, not temporary, not the one
-- where revisions may be kept.  "current" is what unqualified names resolve to;
-- everything else about a schema's objects refers to these by oid.
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
