-- Settings that only ALTER COLUMN can give a column: one row for each that is not the
-- default.  A statistics target that is not set is -1, from 17 on NULL.  The name of an
-- index is quoted, so that it can be found when the index is renamed.
SELECT NULL::oid AS catalog,
       NULL::oid AS oid,
       c.relnamespace AS namespace,
       c.oid AS owner,
       c.relname AS name,
       s.type || ' of column ' || a.attname AS part,
       s.type,
       concat('ALTER ', k.word, ' ', k.relation, ' ALTER COLUMN ', k.name, ' ',
         s.action) AS definition,
       concat('ALTER ', k.word, ' ', k.relation, ' ALTER COLUMN ', k.name, ' ',
         s.undo) AS drop,
       'pg_catalog.pg_class'::regclass::oid AS needed_catalog,
       c.oid AS needed_oid,
       a.attnum AS needed_column
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
 CROSS JOIN LATERAL (
         SELECT CASE WHEN c.relkind = 'v' THEN 'VIEW'
                     WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW'
                     WHEN c.relkind IN ('i', 'I') THEN 'INDEX' ELSE 'TABLE' END AS word,
                CASE WHEN c.relkind IN ('i', 'I') THEN a.attnum::text
                     ELSE quote_ident(a.attname) END AS name,
                CASE WHEN c.relkind IN ('i', 'I')
                     THEN concat(
                       CASE WHEN NOT pg_table_is_visible(c.oid)
                            THEN c.relnamespace::regnamespace || '.' END,
                       '"', replace(c.relname, '"', '""'), '"')
                     ELSE c.oid::regclass::text END AS relation
       ) AS k
 CROSS JOIN LATERAL (
         SELECT 'storage' AS type,
                'SET STORAGE ' || max(w.word) FILTER (WHERE w.code = a.attstorage) AS action,
                'SET STORAGE ' || max(w.word) FILTER (WHERE w.code = t.typstorage) AS undo
           FROM (VALUES ('p', 'PLAIN'), ('e', 'EXTERNAL'),
                        ('m', 'MAIN'), ('x', 'EXTENDED')) AS w (code, word)
          WHERE a.attstorage <> t.typstorage AND c.relkind IN ('r', 'p', 'm')
         HAVING count(*) > 0
          UNION ALL
         SELECT 'compression',
                CASE a.attcompression WHEN 'l' THEN 'SET COMPRESSION lz4'
                     ELSE 'SET COMPRESSION pglz' END,
                'SET COMPRESSION default'
          WHERE a.attcompression <> '' AND c.relkind IN ('r', 'p', 'm')
          UNION ALL
         SELECT 'statistics target',
                'SET STATISTICS ' || a.attstattarget,
                'SET STATISTICS -1'
          WHERE a.attstattarget <> -1
          UNION ALL
         SELECT 'attribute options',
                concat('SET (', string_agg(
                  quote_ident(option_name) || '=' || quote_literal(option_value),
                  ', ' ORDER BY option_name), ')'),
                concat('RESET (', string_agg(
                  quote_ident(option_name), ', ' ORDER BY option_name), ')')
           FROM pg_options_to_table(a.attoptions)
          WHERE c.relkind NOT IN ('i', 'I')
         HAVING count(*) > 0
          UNION ALL
         SELECT 'default', 'SET DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), 'DROP DEFAULT'
           FROM pg_catalog.pg_attrdef AS d
          WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND c.relkind = 'v'
       ) AS s
 WHERE c.relkind IN ('r', 'p', 'm', 'v', 'i', 'I')
   AND (a.attstorage <> t.typstorage
        OR a.attcompression <> ''
        OR a.attstattarget <> -1
        OR a.attoptions IS NOT NULL
        OR a.atthasdef AND c.relkind = 'v')
   AND c.oid >= 16384
   AND a.attnum > 0
   AND NOT a.attisdropped
