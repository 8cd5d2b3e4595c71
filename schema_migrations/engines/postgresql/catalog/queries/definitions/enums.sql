-- Enum types with their labels in order.
SELECT 'pg_catalog.pg_type'::regclass::oid AS catalog,
       t.oid,
       'enum' AS kind,
       t.typnamespace AS namespace,
       t.typname AS name,
       '' AS definition,
       ARRAY(SELECT l.enumlabel::text
               FROM pg_catalog.pg_enum AS l
              WHERE l.enumtypid = t.oid
              ORDER BY l.enumsortorder) AS labels
  FROM pg_catalog.pg_type AS t
 WHERE t.typtype = 'e'
   AND t.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_type'::regclass
            AND e.objid = t.oid
            AND e.deptype = 'e')
