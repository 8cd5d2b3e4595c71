-- Publications with their tables and schemas.  Schemas, column lists and row filters
-- are of 15 and newer, so they are found where they are visible on 14 as well:
-- pg_depend and the view pg_publication_tables.
SELECT 'pg_catalog.pg_publication'::regclass::oid AS catalog,
       p.oid,
       NULL::oid AS namespace,
       NULL::oid AS owner,
       p.pubname AS name,
       'publication' AS part,
       'publication' AS type,
       concat('CREATE PUBLICATION ', quote_ident(p.pubname),
         CASE WHEN p.puballtables THEN ' FOR ALL TABLES' END,
         ' FOR ' || nullif(concat_ws(', ', l.tables, l.schemas), ''),
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
  FROM pg_catalog.pg_publication AS p
 CROSS JOIN LATERAL (
         SELECT (SELECT 'TABLE ' || string_agg(
                          concat(r.prrelid::regclass,
                            CASE WHEN to_jsonb(r) ->> 'prattrs' IS NOT NULL
                                 THEN (SELECT ' (' || string_agg(quote_ident(a), ', ') || ')'
                                         FROM jsonb_array_elements_text(
                                                v.facts -> 'attnames') AS a) END,
                            CASE WHEN to_jsonb(r) ->> 'prqual' IS NOT NULL
                                 THEN ' WHERE (' || (v.facts ->> 'rowfilter') || ')' END),
                          ', ' ORDER BY r.prrelid::regclass::text)
                   FROM pg_catalog.pg_publication_rel AS r
                   JOIN pg_catalog.pg_class AS c ON c.oid = r.prrelid
                   JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                   LEFT JOIN (SELECT pubname, schemaname, tablename, to_jsonb(t) AS facts
                                FROM pg_catalog.pg_publication_tables AS t) AS v
                     ON v.pubname = p.pubname
                    AND v.schemaname = n.nspname
                    AND v.tablename = c.relname
                  WHERE r.prpubid = p.oid) AS tables,
                (SELECT string_agg('TABLES IN SCHEMA ' || n.refobjid::regnamespace, ', '
                                   ORDER BY n.refobjid::regnamespace::text)
                   FROM pg_catalog.pg_depend AS o
                   JOIN pg_catalog.pg_depend AS n
                     ON n.classid = o.classid
                    AND n.objid = o.objid
                    AND n.refclassid = 'pg_catalog.pg_namespace'::regclass
                  WHERE o.classid = to_regclass('pg_catalog.pg_publication_namespace')
                    AND o.refclassid = 'pg_catalog.pg_publication'::regclass
                    AND o.refobjid = p.oid) AS schemas
       ) AS l
 WHERE p.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_publication'::regclass
            AND e.objid = p.oid
            AND e.deptype = 'e')
