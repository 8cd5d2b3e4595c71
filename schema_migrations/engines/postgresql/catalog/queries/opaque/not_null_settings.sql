-- NOT NULL that tables which inherit do not take over (18 and newer); such a constraint
-- may have a name of its own.
SELECT NULL::oid AS catalog,
       NULL::oid AS oid,
       c.relnamespace AS namespace,
       c.oid AS owner,
       c.relname AS name,
       'no inherit of column ' || a.attname AS part,
       'no inherit' AS type,
       concat('ALTER TABLE ', c.oid::regclass,
         ' ALTER COLUMN ', quote_ident(a.attname), ' DROP NOT NULL,',
         ' ADD CONSTRAINT ', quote_ident(n.conname),
         ' NOT NULL ', quote_ident(a.attname), ' NO INHERIT') AS definition,
       concat('ALTER TABLE ', c.oid::regclass,
         ' ALTER CONSTRAINT ', quote_ident(n.conname), ' INHERIT') AS drop,
       'pg_catalog.pg_class'::regclass::oid AS needed_catalog,
       c.oid AS needed_oid,
       a.attnum AS needed_column
  FROM pg_catalog.pg_constraint AS n
  JOIN pg_catalog.pg_class AS c ON c.oid = n.conrelid
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = n.conkey[1]
 WHERE n.contype = 'n'
   AND n.connoinherit
   AND n.convalidated
   AND c.relkind = 'r'
   AND c.oid >= 16384
