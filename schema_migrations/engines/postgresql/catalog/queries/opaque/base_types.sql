-- Types that functions in C make: their name, and one line that describes them.  They have
-- no SQL of their own, so they cannot be created or dropped.
SELECT 'pg_catalog.pg_type'::regclass::oid AS catalog,
       t.oid,
       t.typnamespace AS namespace,
       NULL::oid AS owner,
       t.typname AS name,
       'type ' || k.identity AS part,
       'type' AS type,
       concat('type ', k.identity, ' input ', t.typinput, ' output ', t.typoutput) AS definition,
       '' AS drop
  FROM pg_catalog.pg_type AS t
 CROSS JOIN LATERAL pg_identify_object('pg_catalog.pg_type'::regclass, t.oid, 0) AS i
 CROSS JOIN LATERAL (
         SELECT coalesce(
                  replace(i.identity, quote_ident(current_schema()) || '.', ''),
                  i.identity) AS identity
       ) AS k
 WHERE t.oid >= 16384
   AND (t.typtype IN ('b', 'p') AND t.typelem = 0
        OR t.typtype = 'b' AND t.typcategory <> 'A')
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_type'::regclass
            AND e.objid = t.oid
            AND e.deptype IN ('e', 'i'))
