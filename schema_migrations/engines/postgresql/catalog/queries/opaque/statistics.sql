-- Extended statistics, and their target if one is set.
SELECT 'pg_catalog.pg_statistic_ext'::regclass::oid AS catalog,
       s.oid,
       s.stxnamespace AS namespace,
       s.stxrelid AS owner,
       s.stxname AS name,
       'statistics' AS part,
       'statistics' AS type,
       concat('CREATE STATISTICS ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(s.stxname),
         substr(
           pg_get_statisticsobjdef(s.oid),
           length(concat('CREATE STATISTICS ',
             quote_ident(n.nspname), '.', quote_ident(s.stxname))) + 1)) AS definition,
       concat('DROP STATISTICS ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(s.stxname)) AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column
  FROM pg_catalog.pg_statistic_ext AS s
  JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
 WHERE s.oid >= 16384
 UNION ALL
SELECT NULL, NULL, s.stxnamespace, s.stxrelid, s.stxname,
       'statistics target', 'statistics target',
       concat('ALTER STATISTICS ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(s.stxname),
         ' SET STATISTICS ', s.stxstattarget),
       concat('ALTER STATISTICS ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(s.stxname),
         ' SET STATISTICS -1'),
       'pg_catalog.pg_statistic_ext'::regclass, s.oid, 0
  FROM pg_catalog.pg_statistic_ext AS s
  JOIN pg_catalog.pg_namespace AS n ON n.oid = s.stxnamespace
 WHERE s.oid >= 16384
   AND s.stxstattarget <> -1
