-- Foreign keys, without the copies for partitions of the table they refer to.  The copy
-- that a partition has of its parent's foreign key is inherited.
SELECT k.oid,
       k.conrelid AS relation,
       k.conname AS name,
       'foreign key' AS type,
       pg_get_constraintdef(k.oid) AS definition,
       k.conkey::int[] AS columns,
       k.confrelid AS target,
       k.confrelid::regclass::text AS target_name,
       k.conparentid <> 0 AS inherited,
       k.conislocal AS is_local
  FROM pg_catalog.pg_constraint AS k
  LEFT JOIN pg_catalog.pg_constraint AS p ON p.oid = k.conparentid
 WHERE k.contype = 'f'
   AND p.conrelid IS DISTINCT FROM k.conrelid
   AND k.conrelid >= 16384
