-- Domains: everything after the name in CREATE DOMAIN, checks sorted by name; then the
-- clauses at its end that ALTER DOMAIN can change.
-- Checks are pretty-printed, see inspect.py; defaults are not, because expressions such
-- as AND and IS NULL need their parentheses after DEFAULT.
SELECT 'pg_catalog.pg_type'::regclass::oid AS catalog,
       t.oid,
       'domain' AS kind,
       t.typnamespace AS namespace,
       t.typname AS name,
       concat_ws(' ',
         'AS', format_type(t.typbasetype, t.typtypmod),
         CASE WHEN t.typcollation <> b.typcollation
              THEN 'COLLATE ' || t.typcollation::regcollation END,
         nullif(array_to_string(c.clauses, ' '), '')) AS definition,
       '{}'::text[] AS labels,
       c.clauses
  FROM pg_catalog.pg_type AS t
  JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
 CROSS JOIN LATERAL (
         SELECT array_remove(ARRAY[
                  'DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
                  CASE WHEN t.typnotnull THEN 'NOT NULL' END
                ], NULL)
                || ARRAY(SELECT 'CONSTRAINT ' || quote_ident(k.conname) || ' '
                                || pg_get_constraintdef(k.oid, true)
                           FROM pg_catalog.pg_constraint AS k
                          WHERE k.contypid = t.oid AND k.contype = 'c'
                          ORDER BY k.conname) AS clauses
       ) AS c
 WHERE t.typtype = 'd'
   AND t.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_type'::regclass
            AND e.objid = t.oid
            AND e.deptype = 'e')
