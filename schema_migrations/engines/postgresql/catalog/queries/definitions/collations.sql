-- Collations.  The column of an ICU locale has had three names: collcollate (14),
-- colliculocale (15, 16), colllocale (17 and newer, for the builtin provider as well).
SELECT 'pg_catalog.pg_collation'::regclass::oid AS catalog,
       c.oid,
       'collation' AS kind,
       c.collnamespace AS namespace,
       c.collname AS name,
       concat(
         '(provider = ',
         CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin'
              ELSE 'libc' END,
         CASE WHEN c.collprovider <> 'c' OR c.collcollate = c.collctype
              THEN ', locale = ' || quote_literal(
                     coalesce(v.r ->> 'colllocale', v.r ->> 'colliculocale', c.collcollate))
              ELSE ', lc_collate = ' || quote_literal(c.collcollate)
                || ', lc_ctype = ' || quote_literal(c.collctype) END,
         CASE WHEN NOT c.collisdeterministic THEN ', deterministic = false' END,
         ', rules = ' || quote_literal(v.r ->> 'collicurules'),
         ')') AS definition
  FROM pg_catalog.pg_collation AS c
 CROSS JOIN LATERAL (SELECT to_jsonb(c) AS r) AS v
 WHERE c.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_collation'::regclass
            AND e.objid = c.oid
            AND e.deptype = 'e')
