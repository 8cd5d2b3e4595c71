-- Sequences that no identity column owns, with the column that owns them (serial).
SELECT c.oid,
       c.relnamespace AS namespace,
       c.relname AS name,
       concat_ws(' ',
         'AS', format_type(s.seqtypid, NULL),
         'START WITH', s.seqstart,
         'INCREMENT BY', s.seqincrement,
         'MINVALUE', s.seqmin,
         'MAXVALUE', s.seqmax,
         'CACHE', s.seqcache,
         CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS definition,
       o.refobjid AS owner,
       o.refobjsubid AS owner_column
  FROM pg_catalog.pg_sequence AS s
  JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
  LEFT JOIN pg_catalog.pg_depend AS o
    ON o.classid = 'pg_catalog.pg_class'::regclass
   AND o.objid = c.oid
   AND o.refclassid = 'pg_catalog.pg_class'::regclass
   AND o.deptype IN ('a', 'i')
 WHERE o.deptype IS DISTINCT FROM 'i'
   AND c.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_class'::regclass
            AND e.objid = c.oid
            AND e.deptype = 'e')
