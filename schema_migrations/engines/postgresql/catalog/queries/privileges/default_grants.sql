-- Default privileges: what objects that a role will make grant or refuse.  Those of one
-- schema are added to the others, which take the place of the built-in ones.
-- https://www.postgresql.org/docs/current/catalog-pg-default-acl.html
WITH target AS (
  SELECT d.oid,
         d.defaclnamespace AS namespace,
         d.defaclrole AS owner,
         k.plural,
         d.defaclacl AS acl,
         CASE WHEN d.defaclnamespace = 0
              THEN acldefault(k.letter::"char", d.defaclrole) END AS builtin
    FROM pg_catalog.pg_default_acl AS d
    JOIN (VALUES ('r', 'r', 'TABLES'), ('S', 's', 'SEQUENCES'), ('f', 'f', 'FUNCTIONS'),
                 ('T', 'T', 'TYPES'), ('n', 'n', 'SCHEMAS'), ('L', 'L', 'LARGE OBJECTS')
         ) AS k (type, letter, plural)
      ON k.type = d.defaclobjtype::text
), held AS (
  SELECT t.oid, t.namespace, t.owner, t.plural, x.grantee, x.privilege_type,
         bool_or(x.is_grantable) AS is_grantable
    FROM target AS t
   CROSS JOIN LATERAL aclexplode(t.acl) AS x
   GROUP BY 1, 2, 3, 4, 5, 6
), builtin AS (
  SELECT t.oid, t.namespace, t.owner, t.plural, x.grantee, x.privilege_type,
         false AS is_grantable
    FROM target AS t
   CROSS JOIN LATERAL aclexplode(t.builtin) AS x
), changed AS (
  SELECT 'default grant' AS type, h.* FROM (TABLE held EXCEPT TABLE builtin) AS h
   UNION ALL
  SELECT 'default revocation', b.*
    FROM builtin AS b
   WHERE NOT EXISTS (
           SELECT FROM held AS h
            WHERE (h.oid, h.grantee, h.privilege_type)
                = (b.oid, b.grantee, b.privilege_type))
)
SELECT 'pg_catalog.pg_namespace'::regclass::oid AS catalog,
       nullif(c.namespace, 0) AS oid,
       0 AS number,
       c.type,
       CASE WHEN c.grantee = 0 OR r.is_unnamed THEN '' ELSE r.name END AS role,
       CASE WHEN c.grantee = 0 THEN 'PUBLIC'
            WHEN r.is_unnamed THEN 'CURRENT_USER'
            ELSE quote_ident(r.name) END AS named,
       string_agg(c.privilege_type, ', ' ORDER BY c.privilege_type) AS words,
       c.plural AS subject,
       c.is_grantable AS grantable,
       concat(CASE WHEN NOT r.is_own THEN ' FOR ROLE ' || quote_ident(r.maker) END,
         ' IN SCHEMA ' || nullif(c.namespace, 0)::regnamespace) AS scope
  FROM changed AS c
 CROSS JOIN LATERAL (
         SELECT pg_get_userbyid(c.grantee)::text AS name,
                pg_get_userbyid(c.owner)::text AS maker,
                pg_get_userbyid(c.owner) IN (current_user, 'pg_database_owner') AS is_own,
                c.grantee = c.owner
                AND pg_get_userbyid(c.owner) IN (current_user, 'pg_database_owner')
                  AS is_unnamed
       ) AS r
 GROUP BY c.namespace, c.plural, c.type, c.grantee, r.name, r.maker, r.is_own,
          r.is_unnamed, c.is_grantable
