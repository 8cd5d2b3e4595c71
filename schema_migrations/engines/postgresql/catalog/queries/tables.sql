-- Ordinary and partitioned tables and partitions, without the bookkeeping tables of
-- this package and of Django.
SELECT c.oid,
       c.relnamespace AS namespace,
       c.relname AS name,
       coalesce(d.description, '') AS comment,
       c.relispartition AS is_partition
  FROM pg_catalog.pg_class AS c
  LEFT JOIN pg_catalog.pg_description AS d
    ON d.classoid = 'pg_catalog.pg_class'::regclass
   AND d.objoid = c.oid
   AND d.objsubid = 0
 WHERE c.relkind IN ('r', 'p')
   AND c.oid >= 16384
   AND c.relname NOT IN ('atlas_schema_revisions', 'django_migrations')
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_class'::regclass
            AND e.objid = c.oid
            AND e.deptype = 'e')
