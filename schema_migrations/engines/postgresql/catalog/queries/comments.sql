-- Comments on everything except tables and their columns, and except extensions, which
-- bring their own.
SELECT d.classoid AS catalog,
       d.objoid AS oid,
       a.attname AS column,
       quote_literal(d.description) AS literal
  FROM pg_catalog.pg_description AS d
  LEFT JOIN pg_catalog.pg_class AS c
    ON d.classoid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objoid
  LEFT JOIN pg_catalog.pg_attribute AS a
    ON d.classoid = 'pg_catalog.pg_class'::regclass
   AND a.attrelid = d.objoid
   AND a.attnum = d.objsubid
   AND d.objsubid > 0
 WHERE d.objoid >= 16384
   AND d.classoid <> 'pg_catalog.pg_extension'::regclass
   AND (c.oid IS NULL OR c.relkind NOT IN ('r', 'p') OR c.relispartition)
