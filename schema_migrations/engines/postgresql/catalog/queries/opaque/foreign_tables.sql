-- Foreign tables, including those that are partitions, with their checks.
SELECT 'pg_catalog.pg_class'::regclass::oid AS catalog,
       c.oid,
       c.relnamespace AS namespace,
       NULL::oid AS owner,
       c.relname AS name,
       'foreign table' AS part,
       'foreign table' AS type,
       concat('CREATE FOREIGN TABLE ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(c.relname),
         coalesce(
           (SELECT concat(' PARTITION OF ', i.inhparent::regclass, ' ',
                     pg_get_expr(c.relpartbound, c.oid))
              FROM pg_catalog.pg_inherits AS i
             WHERE i.inhrelid = c.oid AND c.relispartition),
           concat(' (', concat_ws(', ', l.columns, l.checks), ')')),
         ' SERVER ', quote_ident(s.srvname),
         (SELECT ' OPTIONS (' || string_agg(
                   quote_ident(option_name) || ' ' || quote_literal(option_value),
                   ', ' ORDER BY option_name) || ')'
            FROM pg_options_to_table(f.ftoptions))) AS definition,
       'DROP FOREIGN TABLE ' || c.oid::regclass AS drop
  FROM pg_catalog.pg_foreign_table AS f
  JOIN pg_catalog.pg_class AS c ON c.oid = f.ftrelid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_foreign_server AS s ON s.oid = f.ftserver
 CROSS JOIN LATERAL (
         SELECT (SELECT string_agg(
                          concat(quote_ident(a.attname), ' ',
                            format_type(a.atttypid, a.atttypmod),
                            (SELECT ' OPTIONS (' || string_agg(
                                      quote_ident(option_name) || ' '
                                        || quote_literal(option_value),
                                      ', ' ORDER BY option_name) || ')'
                               FROM pg_options_to_table(a.attfdwoptions)),
                            CASE WHEN a.attcollation <> t.typcollation
                                 THEN ' COLLATE ' || a.attcollation::regcollation END,
                            CASE WHEN a.attnotnull THEN ' NOT NULL' END,
                            CASE a.attgenerated
                                 WHEN '' THEN ' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
                                 ELSE concat(' GENERATED ALWAYS AS (',
                                        pg_get_expr(d.adbin, d.adrelid), ')',
                                        CASE a.attgenerated WHEN 's' THEN ' STORED' END)
                                 END),
                          ', ' ORDER BY a.attnum)
                   FROM pg_catalog.pg_attribute AS a
                   JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
                   LEFT JOIN pg_catalog.pg_attrdef AS d
                     ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                  WHERE a.attrelid = c.oid
                    AND a.attnum > 0
                    AND NOT a.attisdropped) AS columns,
                (SELECT string_agg(
                          'CONSTRAINT ' || quote_ident(k.conname) || ' '
                                        || pg_get_constraintdef(k.oid),
                          ', ' ORDER BY k.conname)
                   FROM pg_catalog.pg_constraint AS k
                  WHERE k.conrelid = c.oid AND k.contype = 'c') AS checks
       ) AS l
 WHERE c.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_class'::regclass
            AND e.objid = c.oid
            AND e.deptype = 'e')
