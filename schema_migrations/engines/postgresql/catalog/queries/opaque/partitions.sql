-- Partitions, with the table at the top as owner, and the partition keys of partitioned
-- tables, which only CREATE TABLE can set.
SELECT 'pg_catalog.pg_class'::regclass::oid AS catalog,
       c.oid,
       c.relnamespace AS namespace,
       pg_partition_root(c.oid)::oid AS owner,
       c.relname AS name,
       'partition' AS part,
       'partition' AS type,
       concat('CREATE TABLE ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(c.relname),
         ' PARTITION OF ', i.inhparent::regclass, ' ',
         pg_get_expr(c.relpartbound, c.oid),
         ' PARTITION BY ' || pg_get_partkeydef(c.oid)) AS definition,
       'DROP TABLE ' || c.oid::regclass AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column,
       '{}'::text[] AS shape,
       ARRAY[concat('ALTER TABLE ', i.inhparent::regclass, ' ATTACH PARTITION ',
               c.oid::regclass, ' ', pg_get_expr(c.relpartbound, c.oid)),
             concat('ALTER TABLE ', i.inhparent::regclass, ' DETACH PARTITION ',
               c.oid::regclass),
             concat('PARTITION BY ' || pg_get_partkeydef(c.oid)),
             i.inhparent::oid::text,
             pg_get_expr(c.relpartbound, c.oid)]
       || ARRAY(SELECT a.attname::text
                  FROM pg_catalog.pg_constraint AS k
                  JOIN pg_catalog.pg_attribute AS a
                    ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
                 WHERE k.conrelid = c.oid
                   AND k.contype = 'n'
                   AND k.conislocal
                   AND k.coninhcount > 0
                 ORDER BY a.attname) AS attachment
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid
 WHERE c.relispartition
   AND c.relkind IN ('r', 'p')
   AND c.oid >= 16384
 UNION ALL
SELECT NULL, NULL, c.relnamespace, c.oid, c.relname, 'partition key', 'partition key',
       'PARTITION BY ' || pg_get_partkeydef(c.oid), '', NULL, NULL, NULL, '{}', '{}'
  FROM pg_catalog.pg_class AS c
 WHERE c.relkind = 'p'
   AND NOT c.relispartition
   AND c.oid >= 16384
