-- Indexes of partitions, those of keys too, that are attached to an index which waits for
-- those of others.
-- Nothing takes them off again.
-- https://www.postgresql.org/docs/current/sql-alterindex.html
SELECT NULL::oid AS catalog,
       NULL::oid AS oid,
       c.relnamespace AS namespace,
       x.indrelid AS owner,
       c.relname AS name,
       'attached to ' || p.inhparent::regclass AS part,
       'attached index' AS type,
       concat('ALTER INDEX ', p.inhparent::regclass, ' ATTACH PARTITION ', c.oid::regclass) AS definition,
       '' AS drop,
       coalesce(k.tableoid, 'pg_catalog.pg_class'::regclass::oid) AS needed_catalog,
       coalesce(k.oid, p.inhparent) AS needed_oid,
       0 AS needed_column
  FROM pg_catalog.pg_inherits AS p
  JOIN pg_catalog.pg_class AS c ON c.oid = p.inhrelid
  JOIN pg_catalog.pg_index AS x ON x.indexrelid = c.oid
  JOIN pg_catalog.pg_index AS y ON y.indexrelid = p.inhparent
  LEFT JOIN pg_catalog.pg_constraint AS k
    ON k.conindid = p.inhparent AND k.contype IN ('p', 'u', 'x')
 WHERE c.relispartition
   AND c.oid >= 16384
   AND NOT y.indisvalid
