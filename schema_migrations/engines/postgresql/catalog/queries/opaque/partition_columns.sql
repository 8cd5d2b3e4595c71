-- What a column of a partition has otherwise than the same column of its parent: a
-- default, or none, and NOT NULL.  ALTER TABLE on the parent sets both anew.  A NOT NULL
-- that is still NOT VALID (18 and newer) does not make a column NOT NULL.
-- And the sequences that columns of partitions own.
SELECT NULL::oid AS catalog,
       NULL::oid AS oid,
       c.relnamespace AS namespace,
       c.oid AS owner,
       c.relname AS name,
       s.type || ' of column ' || a.attname AS part,
       s.type,
       concat('ALTER TABLE ', c.oid::regclass, ' ALTER COLUMN ', quote_ident(a.attname),
         ' ', s.action) AS definition,
       concat('ALTER TABLE ', c.oid::regclass, ' ALTER COLUMN ', quote_ident(a.attname),
         ' ', s.undo) AS drop,
       'pg_catalog.pg_class'::regclass::oid AS needed_catalog,
       t.attrelid AS needed_oid,
       t.attnum::int AS needed_column
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
  JOIN pg_catalog.pg_attribute AS p
    ON p.attrelid = i.inhparent AND p.attname = a.attname
  JOIN pg_catalog.pg_attribute AS t
    ON t.attrelid = pg_partition_root(c.oid) AND t.attname = a.attname
 CROSS JOIN LATERAL (
         SELECT (SELECT pg_get_expr(d.adbin, d.adrelid)
                   FROM pg_catalog.pg_attrdef AS d
                  WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) AS own,
                (SELECT pg_get_expr(d.adbin, d.adrelid)
                   FROM pg_catalog.pg_attrdef AS d
                  WHERE d.adrelid = p.attrelid AND d.adnum = p.attnum) AS inherited,
                a.attnotnull AND NOT EXISTS (
                  SELECT FROM pg_catalog.pg_constraint AS k
                   WHERE k.conrelid = a.attrelid
                     AND k.contype = 'n'
                     AND k.conkey[1] = a.attnum
                     AND NOT k.convalidated) AS not_null,
                p.attnotnull AND NOT EXISTS (
                  SELECT FROM pg_catalog.pg_constraint AS k
                   WHERE k.conrelid = p.attrelid
                     AND k.contype = 'n'
                     AND k.conkey[1] = p.attnum
                     AND NOT k.convalidated) AS inherits_not_null
       ) AS e
 CROSS JOIN LATERAL (
         SELECT 'default' AS type,
                coalesce('SET DEFAULT ' || e.own, 'DROP DEFAULT') AS action,
                coalesce('SET DEFAULT ' || e.inherited, 'DROP DEFAULT') AS undo
          WHERE a.attgenerated = '' AND e.own IS DISTINCT FROM e.inherited
          UNION ALL
         SELECT 'not null', 'SET NOT NULL', 'DROP NOT NULL'
          WHERE e.not_null AND NOT e.inherits_not_null
       ) AS s
 WHERE c.relispartition
   AND c.relkind IN ('r', 'p')
   AND c.oid >= 16384
   AND a.attnum > 0
   AND NOT a.attisdropped
 UNION ALL
SELECT NULL, NULL, q.relnamespace, c.oid, q.relname, 'sequence owner', 'sequence owner',
       concat('ALTER SEQUENCE ', q.oid::regclass, ' OWNED BY ', c.oid::regclass, '.',
         quote_ident(a.attname)),
       concat('ALTER SEQUENCE ', q.oid::regclass, ' OWNED BY NONE'),
       'pg_catalog.pg_class'::regclass::oid, q.oid, 0
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_depend AS d
    ON d.classid = 'pg_catalog.pg_class'::regclass
   AND d.refclassid = 'pg_catalog.pg_class'::regclass
   AND d.refobjid = c.oid
   AND d.deptype = 'a'
  JOIN pg_catalog.pg_class AS q ON q.oid = d.objid AND q.relkind = 'S'
  JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
 WHERE c.relispartition
   AND c.oid >= 16384
