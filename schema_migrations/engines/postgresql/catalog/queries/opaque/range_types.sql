-- Range types.
SELECT 'pg_catalog.pg_type'::regclass::oid AS catalog,
       t.oid,
       t.typnamespace AS namespace,
       NULL::oid AS owner,
       t.typname AS name,
       'type' AS part,
       'type' AS type,
       concat('CREATE TYPE ',
         coalesce(quote_ident(nullif(n.nspname, current_schema())) || '.', '') || quote_ident(t.typname),
         ' AS RANGE (SUBTYPE = ', format_type(r.rngsubtype, NULL),
         ', SUBTYPE_OPCLASS = ' || (
           SELECT quote_ident(os.nspname) || '.' || quote_ident(o.opcname)
             FROM pg_catalog.pg_opclass AS o
             JOIN pg_catalog.pg_namespace AS os ON os.oid = o.opcnamespace
            WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
         CASE WHEN r.rngcollation <> s.typcollation
              THEN ', COLLATION = ' || r.rngcollation::regcollation END,
         ', CANONICAL = ' || nullif(r.rngcanonical, 0)::regproc,
         ', SUBTYPE_DIFF = ' || nullif(r.rngsubdiff, 0)::regproc,
         ', MULTIRANGE_TYPE_NAME = ',
         quote_ident(nullif(ms.nspname, current_schema())) || '.',
         quote_ident(m.typname), ')') AS definition,
       'DROP TYPE ' || t.oid::regtype AS drop
  FROM pg_catalog.pg_range AS r
  JOIN pg_catalog.pg_type AS t ON t.oid = r.rngtypid
  JOIN pg_catalog.pg_type AS s ON s.oid = r.rngsubtype
  JOIN pg_catalog.pg_type AS m ON m.oid = r.rngmultitypid
  JOIN pg_catalog.pg_namespace AS ms ON ms.oid = m.typnamespace
  JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
 WHERE t.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_type'::regclass
            AND e.objid = t.oid
            AND e.deptype = 'e')
