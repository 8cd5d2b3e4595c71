-- Parts of operator families and text search configurations that only ALTER can add: the
-- members of a family that belong to no operator class, and what maps a type of token.
SELECT NULL::oid AS catalog,
       NULL::oid AS oid,
       f.opfnamespace AS namespace,
       NULL::oid AS owner,
       f.opfname AS name,
       'operator family members using ' || m.amname AS part,
       'operator family members' AS type,
       concat('ALTER OPERATOR FAMILY ', k.name, ' ADD ', x.added) AS definition,
       concat('ALTER OPERATOR FAMILY ', k.name, ' DROP ', x.dropped) AS drop,
       'pg_catalog.pg_opfamily'::regclass::oid AS needed_catalog,
       f.oid AS needed_oid,
       0 AS needed_column
  FROM pg_catalog.pg_opfamily AS f
  JOIN pg_catalog.pg_am AS m ON m.oid = f.opfmethod
  JOIN pg_catalog.pg_namespace AS n ON n.oid = f.opfnamespace
 CROSS JOIN LATERAL (
         SELECT concat(quote_ident(nullif(n.nspname, current_schema())) || '.',
                  quote_ident(f.opfname), ' USING ', quote_ident(m.amname)) AS name
       ) AS k
 CROSS JOIN LATERAL (
         SELECT string_agg(concat(e.word, ' ', e.number, ' ', e.added), ', '
                  ORDER BY e.word DESC, e.types, e.number) AS added,
                string_agg(concat(e.word, ' ', e.number, ' ', e.types), ', '
                  ORDER BY e.word DESC, e.types, e.number) AS dropped
           FROM (
                  SELECT 'OPERATOR' AS word, o.amopstrategy AS number,
                         concat('(', format_type(o.amoplefttype, NULL), ', ',
                           format_type(o.amoprighttype, NULL), ')') AS types,
                         concat(o.amopopr::regoperator,
                           ' FOR ORDER BY ' || quote_ident(s.nspname) || '.' || quote_ident(g.opfname)) AS added
                    FROM pg_catalog.pg_depend AS d
                    JOIN pg_catalog.pg_amop AS o ON o.oid = d.objid
                    LEFT JOIN pg_catalog.pg_opfamily AS g ON g.oid = o.amopsortfamily
                    LEFT JOIN pg_catalog.pg_namespace AS s ON s.oid = g.opfnamespace
                   WHERE d.classid = 'pg_catalog.pg_amop'::regclass
                     AND d.refclassid = 'pg_catalog.pg_opfamily'::regclass
                     AND d.refobjid = f.oid
                     AND o.amopfamily = f.oid
                   UNION ALL
                  SELECT 'FUNCTION', p.amprocnum, t.types, concat(t.types, ' ', p.amproc::regprocedure)
                    FROM pg_catalog.pg_depend AS d
                    JOIN pg_catalog.pg_amproc AS p ON p.oid = d.objid
                   CROSS JOIN LATERAL (
                           SELECT concat('(', format_type(p.amproclefttype, NULL), ', ',
                                    format_type(p.amprocrighttype, NULL), ')') AS types
                         ) AS t
                   WHERE d.classid = 'pg_catalog.pg_amproc'::regclass
                     AND d.refclassid = 'pg_catalog.pg_opfamily'::regclass
                     AND d.refobjid = f.oid
                ) AS e
       ) AS x
 WHERE f.oid >= 16384
   AND x.added IS NOT NULL
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_opfamily'::regclass
            AND e.objid = f.oid
            AND e.deptype = 'e')
 UNION ALL
SELECT NULL, NULL, c.cfgnamespace, NULL, c.cfgname,
       'text search mapping for ' || t.alias,
       'text search mapping',
       concat('ALTER TEXT SEARCH CONFIGURATION ', k.name, ' ADD MAPPING FOR ', quote_ident(t.alias),
         ' WITH ', string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno)),
       concat('ALTER TEXT SEARCH CONFIGURATION ', k.name, ' DROP MAPPING FOR ', quote_ident(t.alias)),
       'pg_catalog.pg_ts_config'::regclass, c.oid, 0
  FROM pg_catalog.pg_ts_config AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace
 CROSS JOIN LATERAL (
         SELECT concat(quote_ident(nullif(n.nspname, current_schema())) || '.',
                  quote_ident(c.cfgname)) AS name
       ) AS k
 CROSS JOIN LATERAL ts_token_type(c.cfgparser) AS t
  JOIN pg_catalog.pg_ts_config_map AS m ON m.mapcfg = c.oid AND m.maptokentype = t.tokid
 WHERE c.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_ts_config'::regclass
            AND e.objid = c.oid
            AND e.deptype = 'e')
 GROUP BY c.oid, c.cfgnamespace, c.cfgname, k.name, t.alias
