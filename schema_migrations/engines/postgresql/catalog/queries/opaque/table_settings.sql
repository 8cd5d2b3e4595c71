-- Settings of a table beyond its columns and constraints: one row for each that is not
-- the default.  The name of an index is quoted, so that it can be found when the index
-- is renamed.
SELECT NULL::oid AS catalog,
       NULL::oid AS oid,
       c.relnamespace AS namespace,
       c.oid AS owner,
       c.relname AS name,
       concat_ws(' from ', s.type, s.parent) AS part,
       s.type,
       concat('ALTER TABLE ', c.oid::regclass, ' ', s.action) AS definition,
       concat('ALTER TABLE ', c.oid::regclass, ' ', s.undo) AS drop,
       s.needed_catalog,
       s.needed_oid,
       0 AS needed_column
  FROM pg_catalog.pg_class AS c
  LEFT JOIN pg_catalog.pg_class AS toast ON toast.oid = c.reltoastrelid
 CROSS JOIN LATERAL (
         SELECT 'row security' AS type,
                'ENABLE ROW LEVEL SECURITY' AS action,
                'DISABLE ROW LEVEL SECURITY' AS undo,
                NULL::oid AS needed_catalog,
                NULL::oid AS needed_oid,
                NULL::regclass AS parent
          WHERE c.relrowsecurity
          UNION ALL
         SELECT 'forced row security',
                'FORCE ROW LEVEL SECURITY',
                'NO FORCE ROW LEVEL SECURITY',
                NULL, NULL, NULL
          WHERE c.relforcerowsecurity
          UNION ALL
         SELECT 'unlogged', 'SET UNLOGGED', 'SET LOGGED', NULL, NULL, NULL
          WHERE c.relpersistence = 'u' AND c.relkind <> 'm'
          UNION ALL
         SELECT 'storage parameters',
                concat('SET (', string_agg(
                  quote_ident(option_name) || '=' || quote_literal(option_value),
                  ', ' ORDER BY option_name), ')'),
                concat('RESET (', string_agg(
                  quote_ident(option_name), ', ' ORDER BY option_name), ')'),
                NULL, NULL, NULL
           FROM pg_options_to_table(c.reloptions)
          WHERE c.relkind <> 'm'
         HAVING count(*) > 0
          UNION ALL
         SELECT 'toast storage parameters',
                concat('SET (', string_agg(
                  'toast.' || quote_ident(option_name) || '=' || quote_literal(option_value),
                  ', ' ORDER BY option_name), ')'),
                concat('RESET (', string_agg(
                  'toast.' || quote_ident(option_name), ', ' ORDER BY option_name), ')'),
                NULL, NULL, NULL
           FROM pg_options_to_table(toast.reloptions)
         HAVING count(*) > 0
          UNION ALL
         SELECT 'tablespace',
                'SET TABLESPACE ' || quote_ident(spcname),
                'SET TABLESPACE pg_default',
                NULL, NULL, NULL
           FROM pg_catalog.pg_tablespace
          WHERE oid = c.reltablespace AND c.relkind <> 'm'
          UNION ALL
         SELECT 'table access method',
                'SET ACCESS METHOD ' || quote_ident(amname),
                'SET ACCESS METHOD heap',
                NULL, NULL, NULL
           FROM pg_catalog.pg_am
          WHERE oid = c.relam AND amname <> 'heap' AND c.relkind <> 'm'
          UNION ALL
         SELECT 'replica identity',
                CASE c.relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL'
                     ELSE 'REPLICA IDENTITY NOTHING' END,
                'REPLICA IDENTITY DEFAULT',
                NULL, NULL, NULL
          WHERE c.relreplident IN ('f', 'n')
          UNION ALL
         SELECT 'replica identity',
                'REPLICA IDENTITY USING INDEX "' || replace(x.relname, '"', '""') || '"',
                'REPLICA IDENTITY DEFAULT',
                CASE WHEN k.oid IS NULL THEN 'pg_catalog.pg_class'::regclass
                     ELSE 'pg_catalog.pg_constraint'::regclass END,
                coalesce(k.oid, x.oid), NULL
           FROM pg_catalog.pg_index AS i
           JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
           LEFT JOIN pg_catalog.pg_constraint AS k
             ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
          WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i'
          UNION ALL
         SELECT 'clustering index',
                'CLUSTER ON "' || replace(x.relname, '"', '""') || '"',
                'SET WITHOUT CLUSTER',
                CASE WHEN k.oid IS NULL THEN 'pg_catalog.pg_class'::regclass
                     ELSE 'pg_catalog.pg_constraint'::regclass END,
                coalesce(k.oid, x.oid), NULL
           FROM pg_catalog.pg_index AS i
           JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
           LEFT JOIN pg_catalog.pg_constraint AS k
             ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
          WHERE i.indrelid = c.oid AND i.indisclustered
          UNION ALL
         SELECT 'type of rows', 'OF ' || c.reloftype::regtype, 'NOT OF',
                'pg_catalog.pg_class'::regclass,
                (SELECT typrelid FROM pg_catalog.pg_type WHERE oid = c.reloftype), NULL
          WHERE c.reloftype <> 0
          UNION ALL
         SELECT 'inheritance',
                'INHERIT ' || i.inhparent::regclass,
                'NO INHERIT ' || i.inhparent::regclass,
                'pg_catalog.pg_class'::regclass,
                i.inhparent, i.inhparent
           FROM pg_catalog.pg_inherits AS i
          WHERE i.inhrelid = c.oid AND NOT c.relispartition
       ) AS s
 WHERE c.relkind IN ('r', 'p', 'm')
   AND c.oid >= 16384
   AND (c.relrowsecurity
        OR c.relforcerowsecurity
        OR c.relpersistence = 'u'
        OR c.reloptions IS NOT NULL
        OR toast.reloptions IS NOT NULL
        OR c.reltablespace <> 0
        OR c.relam NOT IN (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap')
        OR c.relreplident <> 'd'
        OR c.reloftype <> 0
        OR c.oid IN (SELECT indrelid FROM pg_catalog.pg_index WHERE indisclustered)
        OR c.oid IN (SELECT inhrelid FROM pg_catalog.pg_inherits))
