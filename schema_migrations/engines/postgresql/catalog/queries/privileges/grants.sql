-- Privileges that differ from those of an object that was just made: what was granted,
-- and what was revoked from its owner or from everybody.  Who granted it does not count.
-- A privilege on the sequence of an identity belongs to the column, one on a composite
-- type to its relation.  The owner has no name where it is the role that reads: whoever
-- makes the object anew will own it (in a sealed room everything is the room's).
-- https://www.postgresql.org/docs/current/ddl-priv.html
WITH target (catalog, oid, number, subject, owner, acl, builtin) AS (
  SELECT 'pg_catalog.pg_class'::regclass, coalesce(i.refobjid, c.oid),
         coalesce(i.refobjsubid, 0),
         CASE WHEN i.refobjid IS NOT NULL THEN 'SEQUENCE ' || c.oid::regclass END,
         c.relowner, c.relacl,
         acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)
    FROM pg_catalog.pg_class AS c
    LEFT JOIN pg_catalog.pg_depend AS i
      ON i.classid = 'pg_catalog.pg_class'::regclass
     AND i.objid = c.oid
     AND i.refclassid = 'pg_catalog.pg_class'::regclass
     AND i.deptype = 'i'
     AND c.relkind = 'S'
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
     AND c.relacl IS NOT NULL
     AND c.oid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_class'::regclass, a.attrelid, a.attnum, NULL,
         c.relowner, a.attacl, acldefault('c', c.relowner)
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
   WHERE NOT a.attisdropped
     AND a.attacl IS NOT NULL
     AND a.attrelid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_proc'::regclass, oid, 0, NULL,
         proowner, proacl, acldefault('f', proowner)
    FROM pg_catalog.pg_proc
   WHERE proacl IS NOT NULL AND oid >= 16384
   UNION ALL
  SELECT CASE WHEN t.typtype = 'c' THEN 'pg_catalog.pg_class'::regclass
              ELSE 'pg_catalog.pg_type'::regclass END,
         CASE WHEN t.typtype = 'c' THEN t.typrelid ELSE t.oid END, 0, NULL,
         t.typowner, t.typacl, acldefault('T', t.typowner)
    FROM pg_catalog.pg_type AS t
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid = t.typrelid
   WHERE (t.typtype <> 'c' OR c.relkind = 'c')
     AND t.typacl IS NOT NULL
     AND t.oid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_namespace'::regclass, oid, 0, NULL,
         nspowner, nspacl, acldefault('n', nspowner)
    FROM pg_catalog.pg_namespace
   WHERE nspacl IS NOT NULL AND oid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_foreign_data_wrapper'::regclass, oid, 0, NULL,
         fdwowner, fdwacl, acldefault('F', fdwowner)
    FROM pg_catalog.pg_foreign_data_wrapper
   WHERE fdwacl IS NOT NULL AND oid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_foreign_server'::regclass, oid, 0, NULL,
         srvowner, srvacl, acldefault('S', srvowner)
    FROM pg_catalog.pg_foreign_server
   WHERE srvacl IS NOT NULL AND oid >= 16384
   UNION ALL
  SELECT 'pg_catalog.pg_language'::regclass, oid, 0, NULL,
         lanowner, lanacl, acldefault('l', lanowner)
    FROM pg_catalog.pg_language
   WHERE lanacl IS NOT NULL AND oid >= 16384
), held AS (
  SELECT t.catalog, t.oid, t.number, t.subject, t.owner, x.grantee, x.privilege_type,
         bool_or(x.is_grantable) AS is_grantable
    FROM target AS t
   CROSS JOIN LATERAL aclexplode(t.acl) AS x
   GROUP BY 1, 2, 3, 4, 5, 6, 7
), builtin AS (
  SELECT t.catalog, t.oid, t.number, t.subject, t.owner, x.grantee, x.privilege_type,
         false AS is_grantable
    FROM target AS t
   CROSS JOIN LATERAL aclexplode(t.builtin) AS x
), changed AS (
  SELECT 'grant' AS type, h.* FROM (TABLE held EXCEPT TABLE builtin) AS h
   UNION ALL
  SELECT 'revocation', b.*
    FROM builtin AS b
   WHERE NOT EXISTS (
           SELECT FROM held AS h
            WHERE (h.catalog, h.oid, h.number, h.grantee, h.privilege_type)
                = (b.catalog, b.oid, b.number, b.grantee, b.privilege_type)
              AND h.subject IS NOT DISTINCT FROM b.subject)
)
SELECT c.catalog::oid AS catalog,
       c.oid,
       c.number,
       c.type,
       CASE WHEN c.grantee = 0 OR r.is_unnamed THEN '' ELSE r.name END AS role,
       CASE WHEN c.grantee = 0 THEN 'PUBLIC'
            WHEN r.is_unnamed THEN 'CURRENT_USER'
            ELSE quote_ident(r.name) END AS named,
       string_agg(
         concat(c.privilege_type, ' (' || quote_ident(a.attname) || ')'),
         ', ' ORDER BY c.privilege_type) AS words,
       coalesce(c.subject, '') AS subject,
       c.is_grantable AS grantable,
       '' AS scope,
       coalesce(a.attname::text, '') AS column
  FROM changed AS c
  LEFT JOIN pg_catalog.pg_attribute AS a
    ON a.attrelid = c.oid AND a.attnum = c.number AND c.number > 0 AND c.subject IS NULL
 CROSS JOIN LATERAL (
         SELECT pg_get_userbyid(c.grantee)::text AS name,
                c.grantee = c.owner
                AND pg_get_userbyid(c.owner) IN (current_user, 'pg_database_owner')
                  AS is_unnamed
       ) AS r
 GROUP BY c.catalog, c.oid, c.number, c.type, c.grantee, r.name, r.is_unnamed, c.subject,
          c.is_grantable, a.attname
