-- Dependencies between user-made objects (their oids begin at 16384).
-- A part counts as the object that it belongs to: a default as its column, the rule
-- behind a view as the view, the index of a constraint as the constraint, a table's row
-- type as the table, an identity's sequence as its column, an array or multirange type
-- as its element, the members of an operator class or family as that, the schemas listed
-- by a publication as the publication, a member as its extension.
-- What calls the function of a cast may need the cast: it is not printed where it is implicit.
-- Internal dependencies only tie a part to its object, so they are left out.
-- https://www.postgresql.org/docs/current/catalog-pg-depend.html
WITH piece (classid, objid, whole_class, whole_object, whole_column) AS (
  SELECT 'pg_catalog.pg_attrdef'::regclass, oid,
         'pg_catalog.pg_class'::regclass, adrelid, adnum::int
    FROM pg_catalog.pg_attrdef
   UNION ALL
  SELECT 'pg_catalog.pg_rewrite'::regclass, oid,
         'pg_catalog.pg_class'::regclass, ev_class, 0
    FROM pg_catalog.pg_rewrite
   WHERE rulename = '_RETURN' AND oid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_class'::regclass, conindid,
         'pg_catalog.pg_constraint'::regclass, oid, 0
    FROM pg_catalog.pg_constraint
   WHERE contype IN ('p', 'u', 'x')
   UNION ALL
  SELECT 'pg_catalog.pg_constraint'::regclass, oid,
         'pg_catalog.pg_type'::regclass, contypid, 0
    FROM pg_catalog.pg_constraint
   WHERE contypid <> 0
   UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, oid,
         'pg_catalog.pg_class'::regclass, typrelid, 0
    FROM pg_catalog.pg_type
   WHERE typrelid <> 0 AND oid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, typarray,
         'pg_catalog.pg_type'::regclass, oid, 0
    FROM pg_catalog.pg_type
   WHERE typarray >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_type'::regclass, rngmultitypid,
         'pg_catalog.pg_type'::regclass, rngtypid, 0
    FROM pg_catalog.pg_range
   WHERE rngtypid >= 16384
   UNION ALL
  SELECT classid, objid, refclassid, refobjid, 0
    FROM pg_catalog.pg_depend
   WHERE classid IN ('pg_catalog.pg_amop'::regclass, 'pg_catalog.pg_amproc'::regclass)
     AND refclassid IN ('pg_catalog.pg_opclass'::regclass, 'pg_catalog.pg_opfamily'::regclass)
     AND deptype IN ('i', 'a')
   UNION ALL
  SELECT classid, objid, refclassid, refobjid, refobjsubid
    FROM pg_catalog.pg_depend
   WHERE deptype = 'e'
      OR deptype = 'a'
     AND refclassid = 'pg_catalog.pg_publication'::regclass
     AND classid <> 'pg_catalog.pg_publication_rel'::regclass
      OR deptype = 'i'
     AND classid = 'pg_catalog.pg_class'::regclass
     AND refclassid = 'pg_catalog.pg_class'::regclass
     AND refobjsubid > 0
), dependency AS (
  SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype
    FROM pg_catalog.pg_depend
   UNION ALL
  SELECT d.classid, d.objid, d.objsubid, 'pg_catalog.pg_cast'::regclass, c.oid, 0, d.deptype
    FROM pg_catalog.pg_cast AS c
    JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = 'pg_catalog.pg_proc'::regclass AND d.refobjid = c.castfunc
   WHERE c.oid >= 16384
     AND d.classid <> 'pg_catalog.pg_cast'::regclass
)
SELECT coalesce(o.whole_class, d.classid)::oid AS catalog,
       coalesce(o.whole_object, d.objid) AS oid,
       coalesce(o.whole_column, d.objsubid) AS column,
       coalesce(r2.whole_class, r.whole_class, d.refclassid)::oid AS needed_catalog,
       coalesce(r2.whole_object, r.whole_object, d.refobjid) AS needed_oid,
       coalesce(r2.whole_column, r.whole_column, d.refobjsubid) AS needed_column
  FROM dependency AS d
  LEFT JOIN piece AS o
    ON o.classid = d.classid AND o.objid = d.objid
  LEFT JOIN piece AS r
    ON r.classid = d.refclassid AND r.objid = d.refobjid
  LEFT JOIN piece AS r2
    ON r2.classid = r.whole_class AND r2.objid = r.whole_object AND r.whole_column = 0
 WHERE d.refobjid >= 16384
   AND d.deptype IN ('n', 'a')
   AND NOT (d.deptype = 'a'
            AND d.classid = 'pg_catalog.pg_class'::regclass
            AND d.refclassid = 'pg_catalog.pg_class'::regclass
            AND d.refobjsubid > 0
            AND EXISTS (SELECT FROM pg_catalog.pg_sequence AS s
                         WHERE s.seqrelid = d.objid))
