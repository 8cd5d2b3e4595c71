-- Kinds of objects that PostgreSQL has no function to print: their SQL is composed here.
-- Each row tells the words between CREATE and its type, and what follows its name.
SELECT o.catalog::oid,
       o.oid,
       o.namespace,
       NULL::oid AS owner,
       o.name,
       i.type || ' ' || k.identity AS part,
       i.type,
       concat('CREATE ', o.word, upper(i.type), ' ',
         CASE WHEN o.is_anonymous THEN k.identity
              ELSE concat(quote_ident(nullif(n.nspname, current_schema())) || '.',
                     CASE WHEN i.type = 'operator' THEN o.name::text
                          ELSE quote_ident(o.name) END) END,
         o.details) AS definition,
       concat('DROP ', upper(i.type), ' ', k.identity) AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column,
       o.shape
  FROM (
         SELECT 'pg_catalog.pg_operator'::regclass AS catalog, p.oid,
                p.oprnamespace AS namespace, p.oprname AS name, NULL AS word,
                concat(' (', concat_ws(', ',
                  'FUNCTION = ' || p.oprcode,
                  'LEFTARG = ' || format_type(nullif(p.oprleft, 0), NULL),
                  'RIGHTARG = ' || format_type(nullif(p.oprright, 0), NULL),
                  'COMMUTATOR = ' || c.name,
                  'NEGATOR = ' || g.name,
                  'RESTRICT = ' || nullif(p.oprrest, 0)::regproc,
                  'JOIN = ' || nullif(p.oprjoin, 0)::regproc,
                  CASE WHEN p.oprcanhash THEN 'HASHES' END,
                  CASE WHEN p.oprcanmerge THEN 'MERGES' END), ')') AS details,
                FALSE AS is_anonymous,
                '{}'::text[] AS shape
           FROM pg_catalog.pg_operator AS p
           LEFT JOIN LATERAL (
                  SELECT concat('OPERATOR(', quote_ident(nullif(s.nspname, current_schema())) || '.',
                           x.oprname, ')') AS name
                    FROM pg_catalog.pg_operator AS x
                    JOIN pg_catalog.pg_namespace AS s ON s.oid = x.oprnamespace
                   WHERE x.oid = p.oprcom
                ) AS c ON TRUE
           LEFT JOIN LATERAL (
                  SELECT concat('OPERATOR(', quote_ident(nullif(s.nspname, current_schema())) || '.',
                           x.oprname, ')') AS name
                    FROM pg_catalog.pg_operator AS x
                    JOIN pg_catalog.pg_namespace AS s ON s.oid = x.oprnamespace
                   WHERE x.oid = p.oprnegate
                ) AS g ON TRUE
          WHERE p.oprcode <> 0
          UNION ALL
         SELECT 'pg_catalog.pg_opfamily'::regclass, f.oid, f.opfnamespace, f.opfname, NULL,
                ' USING ' || quote_ident(m.amname), FALSE, '{}'
           FROM pg_catalog.pg_opfamily AS f
           JOIN pg_catalog.pg_am AS m ON m.oid = f.opfmethod
          UNION ALL
         SELECT 'pg_catalog.pg_opclass'::regclass, c.oid, c.opcnamespace, c.opcname, NULL,
                concat(CASE WHEN c.opcdefault THEN ' DEFAULT' END,
                  ' FOR TYPE ', format_type(c.opcintype, NULL),
                  ' USING ', quote_ident(m.amname),
                  ' FAMILY ', quote_ident(nullif(s.nspname, current_schema())) || '.',
                  quote_ident(f.opfname),
                  ' AS ',
                  concat_ws(', ',
                    (SELECT string_agg(concat('OPERATOR ', x.amopstrategy, ' ', x.amopopr::regoperator,
                              ' FOR ORDER BY ' || quote_ident(xs.nspname) || '.' || quote_ident(xf.opfname)),
                              ', ' ORDER BY x.amopstrategy)
                       FROM pg_catalog.pg_depend AS d
                       JOIN pg_catalog.pg_amop AS x ON x.oid = d.objid
                       LEFT JOIN pg_catalog.pg_opfamily AS xf ON xf.oid = x.amopsortfamily
                       LEFT JOIN pg_catalog.pg_namespace AS xs ON xs.oid = xf.opfnamespace
                      WHERE d.classid = 'pg_catalog.pg_amop'::regclass
                        AND d.refclassid = 'pg_catalog.pg_opclass'::regclass
                        AND d.refobjid = c.oid),
                    (SELECT string_agg(concat('FUNCTION ', x.amprocnum, ' (',
                              format_type(x.amproclefttype, NULL), ', ',
                              format_type(x.amprocrighttype, NULL), ') ', x.amproc::regprocedure),
                              ', ' ORDER BY x.amprocnum, x.amproclefttype, x.amprocrighttype)
                       FROM pg_catalog.pg_depend AS d
                       JOIN pg_catalog.pg_amproc AS x ON x.oid = d.objid
                      WHERE d.classid = 'pg_catalog.pg_amproc'::regclass
                        AND d.refclassid = 'pg_catalog.pg_opclass'::regclass
                        AND d.refobjid = c.oid),
                    -- The input type, where nothing else can be said.
                    'STORAGE ' || format_type(coalesce(nullif(c.opckeytype, 0), c.opcintype), NULL))),
                FALSE, '{}'
           FROM pg_catalog.pg_opclass AS c
           JOIN pg_catalog.pg_am AS m ON m.oid = c.opcmethod
           JOIN pg_catalog.pg_opfamily AS f ON f.oid = c.opcfamily
           JOIN pg_catalog.pg_namespace AS s ON s.oid = f.opfnamespace
          WHERE c.oid >= 16384
          UNION ALL
         SELECT 'pg_catalog.pg_am'::regclass, oid, NULL, amname, NULL,
                concat(CASE amtype WHEN 'i' THEN ' TYPE INDEX' ELSE ' TYPE TABLE' END,
                  ' HANDLER ', amhandler), FALSE, '{}'
           FROM pg_catalog.pg_am
          UNION ALL
         SELECT 'pg_catalog.pg_conversion'::regclass, oid, connamespace, conname,
                CASE WHEN condefault THEN 'DEFAULT ' END,
                concat(' FOR ', quote_literal(pg_encoding_to_char(conforencoding)),
                  ' TO ', quote_literal(pg_encoding_to_char(contoencoding)),
                  ' FROM ', conproc), FALSE, '{}'
           FROM pg_catalog.pg_conversion
          UNION ALL
         SELECT 'pg_catalog.pg_language'::regclass, oid, NULL, lanname,
                CASE WHEN lanpltrusted THEN 'TRUSTED ' END,
                concat(' HANDLER ' || nullif(lanplcallfoid, 0)::regproc,
                  ' INLINE ' || nullif(laninline, 0)::regproc,
                  ' VALIDATOR ' || nullif(lanvalidator, 0)::regproc), FALSE, '{}'
           FROM pg_catalog.pg_language
          UNION ALL
         SELECT 'pg_catalog.pg_transform'::regclass, oid, NULL, trftype::regtype::text, NULL,
                concat(' (', concat_ws(', ',
                  'FROM SQL WITH FUNCTION ' || nullif(trffromsql, 0)::regprocedure,
                  'TO SQL WITH FUNCTION ' || nullif(trftosql, 0)::regprocedure), ')'), TRUE, '{}'
           FROM pg_catalog.pg_transform
          UNION ALL
         SELECT 'pg_catalog.pg_ts_parser'::regclass, oid, prsnamespace, prsname, NULL,
                concat(' (', concat_ws(', ',
                  'START = ' || prsstart, 'GETTOKEN = ' || prstoken, 'END = ' || prsend,
                  'HEADLINE = ' || nullif(prsheadline, 0)::regproc,
                  'LEXTYPES = ' || prslextype), ')'), FALSE, '{}'
           FROM pg_catalog.pg_ts_parser
          UNION ALL
         SELECT 'pg_catalog.pg_ts_template'::regclass, oid, tmplnamespace, tmplname, NULL,
                concat(' (', concat_ws(', ',
                  'INIT = ' || nullif(tmplinit, 0)::regproc, 'LEXIZE = ' || tmpllexize), ')'),
                FALSE, '{}'
           FROM pg_catalog.pg_ts_template
          UNION ALL
         -- Its options can be altered: https://www.postgresql.org/docs/current/sql-altertsdictionary.html
         SELECT 'pg_catalog.pg_ts_dict'::regclass, d.oid, d.dictnamespace, d.dictname, NULL,
                concat(' (', concat_ws(', ', 'TEMPLATE = ' || k.template, d.dictinitoption), ')'),
                FALSE, ARRAY[k.template]
           FROM pg_catalog.pg_ts_dict AS d
           JOIN pg_catalog.pg_ts_template AS t ON t.oid = d.dicttemplate
           JOIN pg_catalog.pg_namespace AS s ON s.oid = t.tmplnamespace
          CROSS JOIN LATERAL (
                  SELECT concat(quote_ident(nullif(s.nspname, current_schema())) || '.',
                           quote_ident(t.tmplname)) AS template
                ) AS k
          UNION ALL
         SELECT 'pg_catalog.pg_ts_config'::regclass, c.oid, c.cfgnamespace, c.cfgname, NULL,
                concat(' (PARSER = ', quote_ident(nullif(s.nspname, current_schema())) || '.',
                  quote_ident(p.prsname), ')'), FALSE, '{}'
           FROM pg_catalog.pg_ts_config AS c
           JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
           JOIN pg_catalog.pg_namespace AS s ON s.oid = p.prsnamespace
       ) AS o
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = o.namespace
 CROSS JOIN LATERAL pg_identify_object(o.catalog, o.oid, 0) AS i
 CROSS JOIN LATERAL (
         SELECT coalesce(
                  replace(i.identity, quote_ident(current_schema()) || '.', ''),
                  i.identity) AS identity
       ) AS k
 WHERE o.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = o.catalog
            AND e.objid = o.oid
            AND e.deptype IN ('e', 'i'))
