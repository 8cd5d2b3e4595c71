-- Functions and procedures, without the constructors that come with a range type, and
-- without those that make a base type.
-- A function can be replaced by one with the same result and argument names and at
-- least as many defaults:
-- https://www.postgresql.org/docs/current/sql-createfunction.html
-- pg_get_functiondef always prints the schema; here it is printed only if not current.
SELECT 'pg_catalog.pg_proc'::regclass::oid AS catalog,
       p.oid,
       p.pronamespace AS namespace,
       NULL::oid AS owner,
       p.proname AS name,
       k.type || '(' || oidvectortypes(p.proargtypes) || ')' AS part,
       k.type,
       concat('CREATE OR REPLACE ', upper(k.type), ' ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(p.proname),
         substr(
           rtrim(pg_get_functiondef(p.oid), E'\n'),
           length(concat('CREATE OR REPLACE ', k.type, ' ',
             quote_ident(n.nspname), '.', quote_ident(p.proname))) + 1)) AS definition,
       concat('DROP ', upper(k.type), ' ', p.oid::regprocedure) AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column,
       concat_ws(' ', pg_get_function_result(p.oid), p.proargmodes, p.proargnames,
                 p.proallargtypes::regtype[])
         || array_fill('default'::text, ARRAY[p.pronargdefaults::int]) AS shape
  FROM pg_catalog.pg_proc AS p
  JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL (
         SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS type
       ) AS k
 WHERE p.oid >= 16384
   AND p.prokind <> 'a'
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_proc'::regclass
            AND e.objid = p.oid
            AND e.deptype IN ('e', 'i'))
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_type AS t
          WHERE t.oid >= 16384
            AND t.typtype = 'b'
            AND p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin,
                          t.typmodout, t.typanalyze, t.typsubscript))
