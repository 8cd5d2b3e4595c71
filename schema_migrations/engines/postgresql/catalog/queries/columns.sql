-- Columns of tables and partitions.  A collation is named only if it is not the type's own, and
-- identity options only if they differ from those of a plain identity column.  Their
-- sequences are looked up one by one, for which OFFSET 0 is there: joined, each is compared
-- with every column.
-- A NOT NULL that is still NOT VALID (18 and newer) does not make a column NOT NULL.
-- Generated expressions are pretty-printed, see inspect.py; defaults are not, since the
-- grammar requires parentheses after DEFAULT around all but the simplest expressions.
SELECT a.attrelid AS relation,
       a.attnum AS number,
       a.attname AS name,
       format_type(a.atttypid, a.atttypmod) AS type,
       NOT a.attnotnull OR n.oid IS NOT NULL AS nullable,
       CASE a.attgenerated WHEN '' THEN pg_get_expr(ad.adbin, ad.adrelid) END AS default,
       CASE WHEN a.attcollation <> t.typcollation
            THEN a.attcollation::regcollation::text END AS collation,
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default'
            ELSE '' END AS identity,
       coalesce(i.options, '') AS identity_options,
       coalesce(i.sequence, '') AS draws_from,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(ad.adbin, ad.adrelid, true)
             END AS generated,
       CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual'
            ELSE '' END AS generated_kind,
       coalesce(d.description, '') AS comment,
       a.attislocal AS is_local
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef AS ad
    ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_description AS d
    ON d.classoid = 'pg_catalog.pg_class'::regclass
   AND d.objoid = a.attrelid
   AND d.objsubid = a.attnum
  LEFT JOIN pg_catalog.pg_constraint AS n
    ON n.conrelid = a.attrelid
   AND n.contype = 'n'
   AND n.conkey[1] = a.attnum
   AND NOT n.convalidated
  LEFT JOIN LATERAL (
         SELECT q.relname AS sequence,
                concat_ws(' ',
                  CASE WHEN s.seqstart <>
                            CASE WHEN s.seqincrement > 0 THEN s.seqmin ELSE s.seqmax END
                       THEN 'START WITH ' || s.seqstart END,
                  CASE WHEN s.seqincrement <> 1
                       THEN 'INCREMENT BY ' || s.seqincrement END,
                  CASE WHEN s.seqmin <>
                            CASE WHEN s.seqincrement > 0 THEN 1 ELSE -w.largest - 1 END
                       THEN 'MINVALUE ' || s.seqmin END,
                  CASE WHEN s.seqmax <>
                            CASE WHEN s.seqincrement > 0 THEN w.largest ELSE -1 END
                       THEN 'MAXVALUE ' || s.seqmax END,
                  CASE WHEN s.seqcache <> 1 THEN 'CACHE ' || s.seqcache END,
                  CASE WHEN s.seqcycle THEN 'CYCLE' END) AS options
           FROM pg_catalog.pg_depend AS dep
           JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = dep.objid
           JOIN pg_catalog.pg_class AS q ON q.oid = s.seqrelid
           JOIN (VALUES ('int2'::regtype, 32767::bigint),
                        ('int4'::regtype, 2147483647),
                        ('int8'::regtype, 9223372036854775807)) AS w (type, largest)
             ON w.type = s.seqtypid
          WHERE a.attidentity <> ''
            AND dep.refclassid = 'pg_catalog.pg_class'::regclass
            AND dep.refobjid = a.attrelid
            AND dep.refobjsubid = a.attnum
            AND dep.classid = 'pg_catalog.pg_class'::regclass
            AND dep.deptype = 'i'
         OFFSET 0
       ) AS i ON true
 WHERE c.relkind IN ('r', 'p')
   AND c.oid >= 16384
   AND a.attnum > 0
   AND NOT a.attisdropped
