-- Rare kinds of objects that PostgreSQL has no function to print: their name and type,
-- and one line that describes them.  They have no SQL, so they cannot be dropped.
SELECT o.catalog::oid,
       o.oid,
       o.namespace,
       NULL::oid AS owner,
       o.name,
       i.type || ' ' || k.identity AS part,
       i.type,
       concat_ws(' ', i.type, k.identity, o.details) AS definition,
       '' AS drop
  FROM (
         SELECT 'pg_catalog.pg_operator'::regclass AS catalog, oid,
                oprnamespace AS namespace, oprname AS name,
                concat('using ', oprcode::regproc) AS details
           FROM pg_catalog.pg_operator
          WHERE oprcode <> 0
          UNION ALL
         SELECT 'pg_catalog.pg_opclass'::regclass, oid, opcnamespace, opcname,
                concat('for type ', format_type(opcintype, NULL),
                  CASE WHEN opcdefault THEN ' default' END)
           FROM pg_catalog.pg_opclass
          UNION ALL
         SELECT 'pg_catalog.pg_opfamily'::regclass, f.oid, f.opfnamespace, f.opfname,
                concat('of ',
                  (SELECT string_agg(concat(m.amopstrategy, ' ', m.amopopr::regoperator),
                            ', ' ORDER BY m.amoplefttype, m.amoprighttype, m.amopstrategy)
                     FROM pg_catalog.pg_amop AS m WHERE m.amopfamily = f.oid), '; ',
                  (SELECT string_agg(concat(m.amprocnum, ' ', m.amproc::regprocedure),
                            ', ' ORDER BY m.amproclefttype, m.amprocrighttype, m.amprocnum)
                     FROM pg_catalog.pg_amproc AS m WHERE m.amprocfamily = f.oid))
           FROM pg_catalog.pg_opfamily AS f
          UNION ALL
         SELECT 'pg_catalog.pg_am'::regclass, oid, NULL, amname,
                concat('handler ', amhandler)
           FROM pg_catalog.pg_am
          UNION ALL
         SELECT 'pg_catalog.pg_conversion'::regclass, oid, connamespace, conname,
                concat(pg_encoding_to_char(conforencoding), ' to ',
                  pg_encoding_to_char(contoencoding), ' by ', conproc)
           FROM pg_catalog.pg_conversion
          UNION ALL
         SELECT 'pg_catalog.pg_language'::regclass, oid, NULL, lanname,
                concat('handler ', lanplcallfoid::regproc,
                  CASE WHEN lanpltrusted THEN ' trusted' END)
           FROM pg_catalog.pg_language
          UNION ALL
         SELECT 'pg_catalog.pg_transform'::regclass, oid, NULL, trftype::regtype::text,
                concat('from ', trffromsql, ' to ', trftosql)
           FROM pg_catalog.pg_transform
          UNION ALL
         SELECT 'pg_catalog.pg_type'::regclass, oid, typnamespace, typname,
                concat('input ', typinput, ' output ', typoutput)
           FROM pg_catalog.pg_type
          WHERE typtype IN ('b', 'p') AND typelem = 0 OR typtype = 'b' AND typcategory <> 'A'
          UNION ALL
         SELECT 'pg_catalog.pg_ts_parser'::regclass, oid, prsnamespace, prsname,
                concat('start ', prsstart, ' token ', prstoken)
           FROM pg_catalog.pg_ts_parser
          UNION ALL
         SELECT 'pg_catalog.pg_ts_template'::regclass, oid, tmplnamespace, tmplname,
                concat('init ', tmplinit, ' lexize ', tmpllexize)
           FROM pg_catalog.pg_ts_template
          UNION ALL
         SELECT 'pg_catalog.pg_ts_dict'::regclass, d.oid, d.dictnamespace, d.dictname,
                concat('template ', t.tmplname, ' options ', d.dictinitoption)
           FROM pg_catalog.pg_ts_dict AS d
           JOIN pg_catalog.pg_ts_template AS t ON t.oid = d.dicttemplate
          UNION ALL
         SELECT 'pg_catalog.pg_ts_config'::regclass, c.oid, c.cfgnamespace, c.cfgname,
                concat('parser ', p.prsname,
                  (SELECT string_agg(
                            concat(' ', tt.alias, ' with ', m.mapdict::regdictionary),
                            ',' ORDER BY m.maptokentype, m.mapseqno)
                     FROM pg_catalog.pg_ts_config_map AS m
                     JOIN ts_token_type(c.cfgparser) AS tt ON tt.tokid = m.maptokentype
                    WHERE m.mapcfg = c.oid))
           FROM pg_catalog.pg_ts_config AS c
           JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
          WHERE c.oid >= 16384
       ) AS o
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
