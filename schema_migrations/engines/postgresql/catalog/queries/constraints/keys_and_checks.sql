-- Primary keys, unique, check and exclusion constraints of tables and partitions, and
-- NOT NULL that is still NOT VALID.  Those that a partition has from its parent are
-- inherited, unless the parent has its key for itself: ALTER TABLE ONLY makes one that
-- waits until every partition has attached its own, and a comment marks it.
-- A key of a partition can also be a part of an index of the whole table.
-- pg_get_constraintdef omits the storage of the index behind the
-- constraint, which belongs before the predicate and the DEFERRABLE clauses.
-- Expressions are pretty-printed, see inspect.py; the predicate of an exclusion
-- constraint keeps its parentheses.
-- https://www.postgresql.org/docs/current/sql-createtable.html
SELECT k.oid,
       k.conrelid AS relation,
       k.conname AS name,
       CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
            WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'not null' END AS type,
       concat(
         CASE WHEN l.storage = '' THEN l.text
              ELSE concat(left(l.text, length(l.text) - length(l.tail)), l.storage, l.tail)
               END,
         CASE WHEN i.relkind = 'I' AND NOT x.indisvalid THEN ' /* only */' END) AS definition,
       coalesce(k.conkey::int[], '{}') AS columns,
       NULL::oid AS target,
       '' AS target_name,
       CASE WHEN i.oid IS NULL
            THEN k.conparentid <> 0 OR c.relispartition AND NOT k.conislocal
            ELSE k.conparentid <> 0 AND w.indisvalid END AS inherited,
       k.conislocal AS is_local,
       ARRAY(SELECT relid::oid
               FROM pg_partition_ancestors(CASE WHEN k.conparentid = 0 THEN h.inhrelid END)
              WHERE relid <> i.oid) AS wholes,
       coalesce(k.conparentid = 0 AND w.indisvalid, false) AS attached,
       nullif(k.conparentid, 0) AS parent
  FROM pg_catalog.pg_constraint AS k
  JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
  LEFT JOIN pg_catalog.pg_class AS i
    ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_catalog.pg_index AS x ON x.indexrelid = i.oid
  LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = i.oid
  LEFT JOIN pg_catalog.pg_index AS w ON w.indexrelid = h.inhparent
  LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = i.reltablespace
 CROSS JOIN LATERAL (
         SELECT pg_get_constraintdef(k.oid, true) AS text,
                concat(
                  (SELECT ' WITH (' || string_agg(
                            quote_ident(option_name) || '=' || quote_literal(option_value),
                            ', ') || ')'
                     FROM pg_options_to_table(i.reloptions)
                    WHERE k.contype <> 'x'),
                  ' USING INDEX TABLESPACE ' || quote_ident(s.spcname)) AS storage,
                concat(
                  ' WHERE (' || pg_get_expr(x.indpred, x.indrelid, true) || ')',
                  CASE WHEN k.condeferrable THEN ' DEFERRABLE' END,
                  CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END) AS tail
       ) AS l
 WHERE (k.contype IN ('p', 'u', 'c', 'x') OR k.contype = 'n' AND NOT k.convalidated)
   AND c.oid >= 16384
   AND c.relkind IN ('r', 'p')
