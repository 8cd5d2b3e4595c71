-- Views and materialized views.  A view can be replaced by one that has the same
-- columns, with or without more after them:
-- https://www.postgresql.org/docs/current/sql-createview.html
SELECT 'pg_catalog.pg_class'::regclass::oid AS catalog,
       c.oid,
       c.relnamespace AS namespace,
       NULL::oid AS owner,
       c.relname AS name,
       k.type AS part,
       k.type,
       concat('CREATE ', upper(k.type), ' ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(c.relname),
         ' USING ' || quote_ident(nullif(am.amname, 'heap')),
         (SELECT ' WITH (' || string_agg(
                   quote_ident(option_name) || '=' || quote_literal(option_value),
                   ', ' ORDER BY option_name) || ')'
            FROM pg_options_to_table(c.reloptions)),
         ' TABLESPACE ' || quote_ident(s.spcname),
         E' AS\n', rtrim(pg_get_viewdef(c.oid), ';')) AS definition,
       concat('DROP ', upper(k.type), ' ', c.oid::regclass) AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column,
       ARRAY(SELECT concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
                      nullif(a.attcollation, 0)::regcollation)
               FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND c.relkind = 'v'
              ORDER BY a.attnum) AS shape
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN (VALUES ('v', 'view'), ('m', 'materialized view')) AS k (relkind, type)
    ON k.relkind = c.relkind
  LEFT JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
  LEFT JOIN pg_catalog.pg_tablespace AS s ON s.oid = c.reltablespace
 WHERE c.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_class'::regclass
            AND e.objid = c.oid
            AND e.deptype = 'e')
