-- Indexes that no constraint owns; those attached to a partitioned index are inherited.
-- The definition begins at USING; what pg_get_indexdef prints before that is cut off by
-- its length.  Pretty-printed, see inspect.py, it names the table's schema only if it
-- must, as regclass does.  It omits the tablespace, which belongs before the predicate.
-- An invalid index, left by a failed CREATE INDEX CONCURRENTLY, must differ from the
-- desired one: a comment marks it and keeps the definition valid SQL.  So does another
-- for an index of a partitioned table alone, to which not every partition has attached
-- one: those attached are not inherited yet.
-- https://www.postgresql.org/docs/current/sql-createindex.html
SELECT i.indexrelid AS oid,
       i.indrelid AS relation,
       ic.relname AS name,
       i.indisunique AS unique,
       concat(
         CASE WHEN s.oid IS NULL THEN l.text
              ELSE concat(
                     left(l.text, length(l.text) - length(l.tail)),
                     ' TABLESPACE ', quote_ident(s.spcname), l.tail) END,
         CASE WHEN i.indisvalid THEN '' WHEN ic.relkind = 'I' THEN ' /* only */'
              ELSE ' /* invalid */' END) AS definition,
       (i.indkey::int[])[0:i.indnkeyatts - 1] AS columns,
       am.amname AS method,
       coalesce(p.indisvalid, false) AS inherited,
       h.inhparent AS parent
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS ic ON ic.oid = i.indexrelid
  JOIN pg_catalog.pg_am AS am ON am.oid = ic.relam
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
  LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = ic.reltablespace
  LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = ic.oid
  LEFT JOIN pg_catalog.pg_index AS p ON p.indexrelid = h.inhparent
 CROSS JOIN LATERAL (
         SELECT substr(
                  pg_get_indexdef(i.indexrelid, 0, true),
                  length(concat(
                    'CREATE ', CASE WHEN i.indisunique THEN 'UNIQUE ' END,
                    'INDEX ', quote_ident(ic.relname),
                    ' ON ', CASE WHEN ic.relkind = 'I' THEN 'ONLY ' END,
                    i.indrelid::regclass, ' ')) + 1) AS text,
                coalesce(' WHERE ' || pg_get_expr(i.indpred, i.indrelid, true), '') AS tail
       ) AS l
 WHERE c.oid >= 16384
   AND c.relkind IN ('r', 'p', 'm')
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_constraint AS k
          WHERE k.conindid = i.indexrelid
            AND k.contype IN ('p', 'u', 'x'))
