-- Foreign keys, without the copies for partitions on either side.
SELECT k.oid,
       k.conrelid AS relation,
       k.conname AS name,
       'foreign key' AS type,
       pg_get_constraintdef(k.oid) AS definition,
       k.conkey::int[] AS columns,
       k.confrelid AS target,
       k.confrelid::regclass::text AS target_name
  FROM pg_catalog.pg_constraint AS k
 WHERE k.contype = 'f'
   AND k.conparentid = 0
   AND k.conrelid >= 16384
