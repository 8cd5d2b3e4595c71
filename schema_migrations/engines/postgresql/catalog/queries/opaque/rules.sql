-- Rewrite rules, without the one behind each view.
SELECT 'pg_catalog.pg_rewrite'::regclass::oid AS catalog,
       r.oid,
       c.relnamespace AS namespace,
       r.ev_class AS owner,
       r.rulename AS name,
       'rule on ' || c.relname AS part,
       'rule' AS type,
       rtrim(pg_get_ruledef(r.oid, true), ';') AS definition,
       concat('DROP RULE ', quote_ident(r.rulename), ' ON ', r.ev_class::regclass) AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column
  FROM pg_catalog.pg_rewrite AS r
  JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
 WHERE r.rulename <> '_RETURN'
   AND r.oid >= 16384
 UNION ALL
SELECT NULL, NULL, c.relnamespace, r.ev_class, r.rulename,
       'rule state on ' || c.relname, 'rule state',
       concat('ALTER TABLE ', r.ev_class::regclass,
         CASE r.ev_enabled WHEN 'D' THEN ' DISABLE RULE '
              WHEN 'R' THEN ' ENABLE REPLICA RULE '
              ELSE ' ENABLE ALWAYS RULE ' END, quote_ident(r.rulename)),
       concat('ALTER TABLE ', r.ev_class::regclass,
         ' ENABLE RULE ', quote_ident(r.rulename)),
       'pg_catalog.pg_rewrite'::regclass, r.oid, 0
  FROM pg_catalog.pg_rewrite AS r
  JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
 WHERE r.ev_enabled <> 'O'
   AND r.oid >= 16384
