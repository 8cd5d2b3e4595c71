-- Composite types (not the row types of tables).  One can get more attributes, at the end:
-- https://www.postgresql.org/docs/current/sql-altertype.html
SELECT 'pg_catalog.pg_class'::regclass::oid AS catalog,
       c.oid,
       c.relnamespace AS namespace,
       NULL::oid AS owner,
       c.relname AS name,
       'type' AS part,
       'composite type' AS type,
       concat('CREATE TYPE ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(c.relname),
         ' AS (',
         array_to_string(k.attributes, ', '),
         ')') AS definition,
       'DROP TYPE ' || c.reltype::regtype AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column,
       k.attributes AS shape
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 CROSS JOIN LATERAL (
         SELECT ARRAY(
                  SELECT concat(quote_ident(a.attname), ' ',
                           format_type(a.atttypid, a.atttypmod),
                           CASE WHEN a.attcollation <> t.typcollation
                                THEN ' COLLATE ' || a.attcollation::regcollation END)
                    FROM pg_catalog.pg_attribute AS a
                    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   ORDER BY a.attnum) AS attributes
       ) AS k
 WHERE c.relkind = 'c'
   AND c.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.deptype = 'e'
            AND (e.classid, e.objid) IN (('pg_catalog.pg_class'::regclass, c.oid),
                                         ('pg_catalog.pg_type'::regclass, c.reltype)))
