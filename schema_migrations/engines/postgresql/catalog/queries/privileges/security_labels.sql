-- Security labels.  Only a server with the module of their provider takes them.
SELECT CASE WHEN t.typtype = 'c' THEN 'pg_catalog.pg_class'::regclass::oid
            ELSE l.classoid END AS catalog,
       CASE WHEN t.typtype = 'c' THEN t.typrelid ELSE l.objoid END AS oid,
       l.objsubid AS number,
       'security label' AS type,
       l.provider AS role,
       quote_ident(l.provider) AS named,
       quote_literal(l.label) AS words,
       coalesce(quote_ident(a.attname), '') AS subject
  FROM pg_catalog.pg_seclabel AS l
  LEFT JOIN pg_catalog.pg_type AS t
    ON l.classoid = 'pg_catalog.pg_type'::regclass AND t.oid = l.objoid
  LEFT JOIN pg_catalog.pg_attribute AS a
    ON l.classoid = 'pg_catalog.pg_class'::regclass
   AND a.attrelid = l.objoid
   AND a.attnum = l.objsubid
   AND l.objsubid > 0
 WHERE l.objoid >= 16384
