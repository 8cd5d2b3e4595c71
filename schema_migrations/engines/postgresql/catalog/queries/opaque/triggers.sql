-- Triggers and constraint triggers, without those behind constraints and without the
-- copies that partitions have.
SELECT 'pg_catalog.pg_trigger'::regclass::oid AS catalog,
       t.oid,
       c.relnamespace AS namespace,
       t.tgrelid AS owner,
       t.tgname AS name,
       'trigger on ' || c.relname AS part,
       'trigger' AS type,
       pg_get_triggerdef(t.oid, true) AS definition,
       concat('DROP TRIGGER ', quote_ident(t.tgname), ' ON ', t.tgrelid::regclass) AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
 WHERE NOT t.tgisinternal
   AND t.tgparentid = 0
   AND t.oid >= 16384
 UNION ALL
SELECT NULL, NULL, c.relnamespace, t.tgrelid, t.tgname,
       'trigger state on ' || c.relname, 'trigger state',
       concat('ALTER TABLE ', t.tgrelid::regclass,
         CASE t.tgenabled WHEN 'D' THEN ' DISABLE TRIGGER '
              WHEN 'R' THEN ' ENABLE REPLICA TRIGGER '
              ELSE ' ENABLE ALWAYS TRIGGER ' END, quote_ident(t.tgname)),
       concat('ALTER TABLE ', t.tgrelid::regclass,
         ' ENABLE TRIGGER ', quote_ident(t.tgname)),
       'pg_catalog.pg_trigger'::regclass, t.oid, 0
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
 WHERE NOT t.tgisinternal
   AND t.tgparentid = 0
   AND t.tgenabled <> 'O'
   AND t.oid >= 16384
 UNION ALL
-- The copy that a partition has of a trigger, in another state than that one.
-- PostgreSQL 14 calls the copies internal.
SELECT NULL, NULL, c.relnamespace, t.tgrelid, t.tgname,
       'state of a trigger''s copy on ' || c.relname, 'state of a trigger''s copy',
       concat('ALTER TABLE ', t.tgrelid::regclass,
         CASE t.tgenabled WHEN 'D' THEN ' DISABLE TRIGGER '
              WHEN 'R' THEN ' ENABLE REPLICA TRIGGER '
              WHEN 'A' THEN ' ENABLE ALWAYS TRIGGER '
              ELSE ' ENABLE TRIGGER ' END, quote_ident(t.tgname)),
       concat('ALTER TABLE ', t.tgrelid::regclass,
         CASE whole.tgenabled WHEN 'D' THEN ' DISABLE TRIGGER '
              WHEN 'R' THEN ' ENABLE REPLICA TRIGGER '
              WHEN 'A' THEN ' ENABLE ALWAYS TRIGGER '
              ELSE ' ENABLE TRIGGER ' END, quote_ident(t.tgname)),
       'pg_catalog.pg_trigger'::regclass, whole.oid, 0
  FROM pg_catalog.pg_trigger AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_trigger AS whole
    ON whole.tgname = t.tgname
   AND whole.tgrelid = pg_catalog.pg_partition_root(t.tgrelid)
 WHERE NOT whole.tgisinternal
   AND t.tgparentid <> 0
   AND t.tgenabled <> whole.tgenabled
   AND t.oid >= 16384
