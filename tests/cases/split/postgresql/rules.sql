CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b WHERE x IN ((1), (2)););
CREATE SCHEMA s CREATE TABLE t (a int) CREATE VIEW v AS SELECT a FROM t;
SELECT a[1], '{1;2}'::text[], ARRAY[(1), (2)], '{"a": ";"}'::jsonb @> '{}' FROM t WHERE b ?| array['x'] AND c #>> '{a}' = ')';
COPY (SELECT 'from stdin') TO STDOUT;
COPY "from" FROM '/stdin' WITH (FORMAT csv);
COPY stdin FROM PROGRAM 'cat';
EXPLAIN CREATE TABLE u AS SELECT 1;
BEGIN; SAVEPOINT a; COMMIT;
