-- Aggregates.  PostgreSQL has no function to print them: the clauses are composed here.
-- https://www.postgresql.org/docs/current/sql-createaggregate.html
SELECT 'pg_catalog.pg_proc'::regclass::oid AS catalog,
       p.oid,
       p.pronamespace AS namespace,
       NULL::oid AS owner,
       p.proname AS name,
       'aggregate(' || oidvectortypes(p.proargtypes) || ')' AS part,
       'aggregate' AS type,
       concat('CREATE AGGREGATE ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(p.proname),
         '(', coalesce(nullif(pg_get_function_arguments(p.oid), ''), '*'), ') (',
         concat_ws(', ',
           'SFUNC = ' || nullif(a.aggtransfn, 0)::regproc,
           'STYPE = ' || format_type(a.aggtranstype, NULL),
           'SSPACE = ' || nullif(a.aggtransspace, 0),
           'FINALFUNC = ' || nullif(a.aggfinalfn, 0)::regproc,
           CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
           CASE WHEN a.aggfinalfn <> 0
                THEN 'FINALFUNC_MODIFY = ' || replace(replace(replace(
                       a.aggfinalmodify::text,
                       'r', 'READ_ONLY'), 's', 'SHAREABLE'), 'w', 'READ_WRITE') END,
           'COMBINEFUNC = ' || nullif(a.aggcombinefn, 0)::regproc,
           'SERIALFUNC = ' || nullif(a.aggserialfn, 0)::regproc,
           'DESERIALFUNC = ' || nullif(a.aggdeserialfn, 0)::regproc,
           'INITCOND = ' || quote_literal(a.agginitval),
           'MSFUNC = ' || nullif(a.aggmtransfn, 0)::regproc,
           'MINVFUNC = ' || nullif(a.aggminvtransfn, 0)::regproc,
           'MSTYPE = ' || format_type(nullif(a.aggmtranstype, 0), NULL),
           'MSSPACE = ' || nullif(a.aggmtransspace, 0),
           'MFINALFUNC = ' || nullif(a.aggmfinalfn, 0)::regproc,
           CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
           CASE WHEN a.aggmfinalfn <> 0
                THEN 'MFINALFUNC_MODIFY = ' || replace(replace(replace(
                       a.aggmfinalmodify::text,
                       'r', 'READ_ONLY'), 's', 'SHAREABLE'), 'w', 'READ_WRITE') END,
           'MINITCOND = ' || quote_literal(a.aggminitval),
           (SELECT 'SORTOP = OPERATOR(' || quote_ident(os.nspname) || '.' || o.oprname || ')'
              FROM pg_catalog.pg_operator AS o
              JOIN pg_catalog.pg_namespace AS os ON os.oid = o.oprnamespace
             WHERE o.oid = a.aggsortop),
           CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE'
                WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
           CASE a.aggkind WHEN 'h' THEN 'HYPOTHETICAL' END),
         ')') AS definition,
       concat('DROP AGGREGATE ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(p.proname),
         '(', coalesce(nullif(pg_get_function_identity_arguments(p.oid), ''), '*'),
         ')') AS drop
  FROM pg_catalog.pg_aggregate AS a
  JOIN pg_catalog.pg_proc AS p ON p.oid = a.aggfnoid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
 WHERE p.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_proc'::regclass
            AND e.objid = p.oid
            AND e.deptype = 'e')
