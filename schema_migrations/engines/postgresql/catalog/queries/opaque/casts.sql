-- Casts.
SELECT 'pg_catalog.pg_cast'::regclass::oid AS catalog,
       c.oid,
       NULL::oid AS namespace,
       NULL::oid AS owner,
       k.types AS name,
       'cast' AS part,
       'cast' AS type,
       concat('CREATE CAST ', k.types,
         CASE c.castmethod WHEN 'f' THEN ' WITH FUNCTION ' || c.castfunc::regprocedure
              WHEN 'i' THEN ' WITH INOUT' ELSE ' WITHOUT FUNCTION' END,
         CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT'
              WHEN 'i' THEN ' AS IMPLICIT' END) AS definition,
       'DROP CAST ' || k.types AS drop
  FROM pg_catalog.pg_cast AS c
 CROSS JOIN LATERAL (
         SELECT concat('(', format_type(c.castsource, NULL), ' AS ',
                  format_type(c.casttarget, NULL), ')') AS types
       ) AS k
 WHERE c.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_cast'::regclass
            AND e.objid = c.oid
            AND e.deptype IN ('e', 'i'))
