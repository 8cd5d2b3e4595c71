-- Owners other than the role that reads.  A sequence that a column owns follows its table;
-- that of an extension cannot be changed.
SELECT o.catalog::oid AS catalog,
       o.oid,
       0 AS number,
       'owner' AS type,
       r.name AS role,
       quote_ident(r.name) AS named,
       '' AS words,
       '' AS subject
  FROM (
         SELECT 'pg_catalog.pg_class'::regclass AS catalog, c.oid, c.relowner AS owner
           FROM pg_catalog.pg_class AS c
          WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c', 'S')
            AND NOT EXISTS (
                  SELECT FROM pg_catalog.pg_depend AS d
                   WHERE d.classid = 'pg_catalog.pg_class'::regclass
                     AND d.objid = c.oid
                     AND d.refclassid = 'pg_catalog.pg_class'::regclass
                     AND d.deptype IN ('a', 'i')
                     AND c.relkind = 'S')
          UNION ALL
         SELECT 'pg_catalog.pg_proc'::regclass, oid, proowner FROM pg_catalog.pg_proc
          UNION ALL
         SELECT 'pg_catalog.pg_type'::regclass, oid, typowner FROM pg_catalog.pg_type
          UNION ALL
         SELECT 'pg_catalog.pg_namespace'::regclass, oid, nspowner
           FROM pg_catalog.pg_namespace
          UNION ALL
         SELECT 'pg_catalog.pg_collation'::regclass, oid, collowner
           FROM pg_catalog.pg_collation
          UNION ALL
         SELECT 'pg_catalog.pg_statistic_ext'::regclass, oid, stxowner
           FROM pg_catalog.pg_statistic_ext
          UNION ALL
         SELECT 'pg_catalog.pg_event_trigger'::regclass, oid, evtowner
           FROM pg_catalog.pg_event_trigger
          UNION ALL
         SELECT 'pg_catalog.pg_publication'::regclass, oid, pubowner
           FROM pg_catalog.pg_publication
          UNION ALL
         SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, fdwowner
           FROM pg_catalog.pg_foreign_data_wrapper
          UNION ALL
         SELECT 'pg_catalog.pg_foreign_server'::regclass, oid, srvowner
           FROM pg_catalog.pg_foreign_server
          UNION ALL
         SELECT 'pg_catalog.pg_operator'::regclass, oid, oprowner
           FROM pg_catalog.pg_operator
          UNION ALL
         SELECT 'pg_catalog.pg_opclass'::regclass, oid, opcowner
           FROM pg_catalog.pg_opclass
          UNION ALL
         SELECT 'pg_catalog.pg_opfamily'::regclass, oid, opfowner
           FROM pg_catalog.pg_opfamily
          UNION ALL
         SELECT 'pg_catalog.pg_conversion'::regclass, oid, conowner
           FROM pg_catalog.pg_conversion
          UNION ALL
         SELECT 'pg_catalog.pg_language'::regclass, oid, lanowner
           FROM pg_catalog.pg_language
          UNION ALL
         SELECT 'pg_catalog.pg_ts_dict'::regclass, oid, dictowner
           FROM pg_catalog.pg_ts_dict
          UNION ALL
         SELECT 'pg_catalog.pg_ts_config'::regclass, oid, cfgowner
           FROM pg_catalog.pg_ts_config
       ) AS o
 CROSS JOIN LATERAL (SELECT pg_get_userbyid(o.owner)::text AS name) AS r
 WHERE o.oid >= 16384
   AND r.name NOT IN (current_user, 'pg_database_owner')
