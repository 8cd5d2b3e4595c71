-- Row security policies, pretty-printed, see inspect.py.
SELECT 'pg_catalog.pg_policy'::regclass::oid AS catalog,
       p.oid,
       c.relnamespace AS namespace,
       p.polrelid AS owner,
       p.polname AS name,
       'policy on ' || c.relname AS part,
       'policy' AS type,
       concat('CREATE POLICY ', quote_ident(p.polname), ' ON ', p.polrelid::regclass,
         CASE WHEN NOT p.polpermissive THEN ' AS RESTRICTIVE' END,
         CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT'
              WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' END,
         (SELECT ' TO ' || string_agg(quote_ident(pg_get_userbyid(role)), ', '
                                      ORDER BY pg_get_userbyid(role))
            FROM unnest(nullif(p.polroles, '{0}')) AS role),
         ' USING (' || pg_get_expr(p.polqual, p.polrelid, true) || ')',
         ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid, true) || ')')
         AS definition,
       concat('DROP POLICY ', quote_ident(p.polname), ' ON ', p.polrelid::regclass) AS drop
  FROM pg_catalog.pg_policy AS p
  JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
