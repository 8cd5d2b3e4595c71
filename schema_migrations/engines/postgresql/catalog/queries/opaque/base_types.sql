-- Types that functions in C make, with these functions, which need the type as it needs
-- them; and types that are only named so far.  DROP needs CASCADE, which would drop columns.
-- https://www.postgresql.org/docs/current/sql-createtype.html
SELECT 'pg_catalog.pg_type'::regclass::oid AS catalog,
       t.oid,
       t.typnamespace AS namespace,
       NULL::oid AS owner,
       t.typname AS name,
       'type ' || k.identity AS part,
       'type' AS type,
       concat('CREATE TYPE ', k.identity, f.text, o.text) AS definition,
       CASE WHEN t.typtype = 'p' THEN 'DROP TYPE ' || k.identity ELSE '' END AS drop
  FROM pg_catalog.pg_type AS t
 CROSS JOIN LATERAL pg_identify_object('pg_catalog.pg_type'::regclass, t.oid, 0) AS i
 CROSS JOIN LATERAL (
         SELECT coalesce(
                  replace(i.identity, quote_ident(current_schema()) || '.', ''),
                  i.identity) AS identity
       ) AS k
 CROSS JOIN LATERAL (
         SELECT string_agg(
                  concat(E';\n\n', replace(rtrim(pg_get_functiondef(p.oid), E'\n'),
                    concat(' ', quote_ident(n.nspname), '.', quote_ident(p.proname), '('),
                    concat(' ', coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', ''),
                      quote_ident(p.proname), '('))),
                  '' ORDER BY p.oid::regprocedure::text) AS text
           FROM pg_catalog.pg_proc AS p
           JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
          WHERE t.typtype = 'b'
            AND p.oid >= 16384
            AND p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin,
                          t.typmodout, t.typanalyze, t.typsubscript)
       ) AS f
 CROSS JOIN LATERAL (
         SELECT CASE WHEN t.typtype = 'b' THEN concat(
                  E';\n\nCREATE TYPE ', k.identity, E' (\n    ',
                  concat_ws(E',\n    ',
                    'INPUT = ' || t.typinput,
                    'OUTPUT = ' || t.typoutput,
                    'RECEIVE = ' || nullif(t.typreceive::oid, 0)::regproc,
                    'SEND = ' || nullif(t.typsend::oid, 0)::regproc,
                    'TYPMOD_IN = ' || nullif(t.typmodin::oid, 0)::regproc,
                    'TYPMOD_OUT = ' || nullif(t.typmodout::oid, 0)::regproc,
                    'ANALYZE = ' || nullif(t.typanalyze::oid, 0)::regproc,
                    'SUBSCRIPT = ' || nullif(t.typsubscript::oid, 0)::regproc,
                    'INTERNALLENGTH = ' || coalesce(nullif(t.typlen, -1)::text, 'VARIABLE'),
                    CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END,
                    'ALIGNMENT = ' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2'
                                      WHEN 'd' THEN 'double' ELSE 'int4' END,
                    'STORAGE = ' || CASE t.typstorage WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended'
                                    WHEN 'm' THEN 'main' ELSE 'plain' END,
                    'CATEGORY = ' || quote_literal(t.typcategory::text),
                    CASE WHEN t.typispreferred THEN 'PREFERRED = true' END,
                    'DEFAULT = ' || quote_literal(t.typdefault),
                    'ELEMENT = ' || format_type(nullif(t.typelem, 0), NULL),
                    'DELIMITER = ' || quote_literal(t.typdelim::text),
                    CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE = true' END),
                  E'\n)') END AS text
       ) AS o
 WHERE t.oid >= 16384
   AND (t.typtype IN ('b', 'p') AND t.typelem = 0
        OR t.typtype = 'b' AND t.typcategory <> 'A')
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_type'::regclass
            AND e.objid = t.oid
            AND e.deptype IN ('e', 'i'))
