-- Schemas (namespaces) in scope: without the server's own, temporary ones and the one
-- that may hold the revisions.  The one that unqualified names resolve to has no name.
-- The other queries refer to these rows by oid.
SELECT 'pg_catalog.pg_namespace'::regclass::oid AS catalog,
       n.oid,
       'namespace' AS kind,
       NULL::oid AS namespace,
       coalesce(nullif(n.nspname, coalesce(current_schema(), 'public')), '') AS name,
       '' AS definition
  FROM pg_catalog.pg_namespace AS n
 WHERE n.nspname !~ '^pg_'
   AND n.nspname NOT IN ('information_schema', 'atlas_schema_revisions')
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_namespace'::regclass
            AND e.objid = n.oid
            AND e.deptype = 'e')
