-- Event triggers: they belong to the database, not to a schema.
SELECT 'pg_catalog.pg_event_trigger'::regclass::oid AS catalog,
       t.oid,
       NULL::oid AS namespace,
       NULL::oid AS owner,
       t.evtname AS name,
       'event trigger' AS part,
       'event trigger' AS type,
       concat('CREATE EVENT TRIGGER ', quote_ident(t.evtname), ' ON ', t.evtevent,
         (SELECT ' WHEN TAG IN (' || string_agg(quote_literal(tag), ', ') || ')'
            FROM unnest(t.evttags) AS tag),
         ' EXECUTE FUNCTION ', t.evtfoid::regproc, '()') AS definition,
       'DROP EVENT TRIGGER ' || quote_ident(t.evtname) AS drop,
       NULL::oid AS needed_catalog,
       NULL::oid AS needed_oid,
       NULL::int AS needed_column
  FROM pg_catalog.pg_event_trigger AS t
 WHERE t.oid >= 16384
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_event_trigger'::regclass
            AND e.objid = t.oid
            AND e.deptype = 'e')
 UNION ALL
SELECT NULL, NULL, NULL, NULL, t.evtname,
       'event trigger state', 'event trigger state',
       concat('ALTER EVENT TRIGGER ', quote_ident(t.evtname),
         CASE t.evtenabled WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA'
              ELSE ' ENABLE ALWAYS' END),
       concat('ALTER EVENT TRIGGER ', quote_ident(t.evtname), ' ENABLE'),
       'pg_catalog.pg_event_trigger'::regclass, t.oid, 0
  FROM pg_catalog.pg_event_trigger AS t
 WHERE t.oid >= 16384
   AND t.evtenabled <> 'O'
   AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_depend AS e
          WHERE e.classid = 'pg_catalog.pg_event_trigger'::regclass
            AND e.objid = t.oid
            AND e.deptype = 'e')
