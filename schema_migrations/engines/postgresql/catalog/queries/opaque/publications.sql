-- Publications with their schemas, and separately the tables that they list: such a
-- membership is dropped with its table, and the publication stays.  Schemas, column
-- lists and row filters exist from 15 on, so they are read from where 14 works as well:
-- pg_depend and the view pg_publication_tables.
WITH publication AS (
  SELECT p.*
    FROM pg_catalog.pg_publication AS p
   WHERE p.oid >= 16384
     AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_depend AS e
            WHERE e.classid = 'pg_catalog.pg_publication'::regclass
              AND e.objid = p.oid
              AND e.deptype = 'e')
)
SELECT 'pg_catalog.pg_publication'::regclass::oid AS catalog,
       p.oid,
       NULL::oid AS namespace,
       NULL::oid AS owner,
       p.pubname AS name,
       'publication' AS part,
       'publication' AS type,
       concat('CREATE PUBLICATION ', quote_ident(p.pubname),
         CASE WHEN p.puballtables THEN ' FOR ALL TABLES' END,
         ' FOR ' || s.schemas,
         ' WITH (publish = ', quote_literal(concat_ws(', ',
           CASE WHEN p.pubinsert THEN 'insert' END,
           CASE WHEN p.pubupdate THEN 'update' END,
           CASE WHEN p.pubdelete THEN 'delete' END,
           CASE WHEN p.pubtruncate THEN 'truncate' END)),
         CASE WHEN p.pubviaroot THEN ', publish_via_partition_root = true' END,
         ', publish_generated_columns = ' || CASE to_jsonb(p) ->> 'pubgencols'
              WHEN 's' THEN 'stored' END,
         ')') AS definition,
       'DROP PUBLICATION ' || quote_ident(p.pubname) AS drop
  FROM publication AS p
 CROSS JOIN LATERAL (
         SELECT string_agg('TABLES IN SCHEMA ' || n.refobjid::regnamespace, ', '
                           ORDER BY n.refobjid::regnamespace::text) AS schemas
           FROM pg_catalog.pg_depend AS o
           JOIN pg_catalog.pg_depend AS n
             ON n.classid = o.classid
            AND n.objid = o.objid
            AND n.refclassid = 'pg_catalog.pg_namespace'::regclass
          WHERE o.classid = to_regclass('pg_catalog.pg_publication_namespace')
            AND o.refclassid = 'pg_catalog.pg_publication'::regclass
            AND o.refobjid = p.oid
       ) AS s
 UNION ALL
SELECT 'pg_catalog.pg_publication_rel'::regclass,
       r.oid,
       c.relnamespace,
       r.prrelid,
       p.pubname,
       'membership of ' || c.relname,
       'membership in publication',
       concat('ALTER PUBLICATION ', quote_ident(p.pubname), ' ADD TABLE ',
         r.prrelid::regclass,
         CASE WHEN to_jsonb(r) ->> 'prattrs' IS NOT NULL
              THEN (SELECT ' (' || string_agg(quote_ident(a), ', ') || ')'
                      FROM jsonb_array_elements_text(v.facts -> 'attnames') AS a) END,
         CASE WHEN to_jsonb(r) ->> 'prqual' IS NOT NULL
              THEN ' WHERE (' || (v.facts ->> 'rowfilter') || ')' END),
       concat('ALTER PUBLICATION ', quote_ident(p.pubname), ' DROP TABLE ',
         r.prrelid::regclass)
  FROM publication AS p
  JOIN pg_catalog.pg_publication_rel AS r ON r.prpubid = p.oid
  JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  LEFT JOIN (SELECT pubname, schemaname, tablename, to_jsonb(t) AS facts
               FROM pg_catalog.pg_publication_tables AS t) AS v
    ON v.pubname = p.pubname
   AND v.schemaname = n.nspname
   AND v.tablename = c.relname
