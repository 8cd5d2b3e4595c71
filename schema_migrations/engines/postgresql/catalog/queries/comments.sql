-- Comments on everything except tables and their columns, and except extensions, which
-- bring their own.  A part counts as the object that it belongs to: the index of a
-- constraint, the sequence of an identity, a constraint of a domain, the multirange type
-- of a range type; COMMENT ON names it itself.  The name of such an index is quoted, so
-- that it can be found when its constraint is renamed.
WITH part (classid, objid, whole_class, whole_object, whole_column, words, subject) AS (
  SELECT 'pg_catalog.pg_class'::regclass, k.conindid,
         'pg_catalog.pg_constraint'::regclass, k.oid, 0, 'index of',
         concat('INDEX ',
           CASE WHEN NOT pg_table_is_visible(i.oid)
                THEN i.relnamespace::regnamespace || '.' END,
           '"', replace(i.relname, '"', '""'), '"')
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_class AS i ON i.oid = k.conindid
   WHERE k.contype IN ('p', 'u', 'x')
   UNION ALL
  SELECT d.classid, d.objid, d.refclassid, d.refobjid, d.refobjsubid, 'sequence of column',
         'SEQUENCE ' || d.objid::regclass
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_sequence AS s ON s.seqrelid = d.objid
   WHERE d.classid = 'pg_catalog.pg_class'::regclass
     AND d.refclassid = 'pg_catalog.pg_class'::regclass
     AND d.deptype = 'i'
   UNION ALL
  SELECT 'pg_catalog.pg_constraint'::regclass, k.oid,
         'pg_catalog.pg_type'::regclass, k.contypid, 0,
         concat('constraint ', k.conname, ' of'),
         concat('CONSTRAINT ', quote_ident(k.conname), ' ON DOMAIN ', k.contypid::regtype)
    FROM pg_catalog.pg_constraint AS k
   WHERE k.contypid <> 0
   UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, t.oid,
         'pg_catalog.pg_class'::regclass, t.typrelid, 0, '', ''
    FROM pg_catalog.pg_type AS t
   WHERE t.typtype = 'c'
   UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, r.rngmultitypid,
         'pg_catalog.pg_type'::regclass, r.rngtypid, 0, 'multirange of',
         'TYPE ' || r.rngmultitypid::regtype
    FROM pg_catalog.pg_range AS r
)
SELECT coalesce(p.whole_class, d.classoid)::oid AS catalog,
       coalesce(p.whole_object, d.objoid) AS oid,
       coalesce(p.whole_column, 0) AS number,
       a.attname AS column,
       coalesce(p.words, '') AS words,
       coalesce(p.subject,
         (SELECT concat(upper(i.type), ' ',
                   replace(i.identity, quote_ident(current_schema()) || '.', ''))
            FROM pg_identify_object(d.classoid, d.objoid, 0) AS i
           WHERE d.classoid IN (
                   'pg_catalog.pg_operator'::regclass, 'pg_catalog.pg_opclass'::regclass,
                   'pg_catalog.pg_opfamily'::regclass, 'pg_catalog.pg_am'::regclass,
                   'pg_catalog.pg_conversion'::regclass,
                   'pg_catalog.pg_language'::regclass,
                   'pg_catalog.pg_ts_parser'::regclass,
                   'pg_catalog.pg_ts_template'::regclass,
                   'pg_catalog.pg_ts_dict'::regclass,
                   'pg_catalog.pg_ts_config'::regclass)),
         '') AS subject,
       quote_literal(d.description) AS literal
  FROM pg_catalog.pg_description AS d
  LEFT JOIN pg_catalog.pg_class AS c
    ON d.classoid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objoid
  LEFT JOIN pg_catalog.pg_attribute AS a
    ON d.classoid = 'pg_catalog.pg_class'::regclass
   AND a.attrelid = d.objoid
   AND a.attnum = d.objsubid
   AND d.objsubid > 0
  LEFT JOIN part AS p ON p.classid = d.classoid AND p.objid = d.objoid
 WHERE d.objoid >= 16384
   AND d.classoid <> 'pg_catalog.pg_extension'::regclass
   AND (c.oid IS NULL OR c.relkind NOT IN ('r', 'p') OR c.relispartition)
