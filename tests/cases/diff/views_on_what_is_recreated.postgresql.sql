-- before
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a'; CREATE TYPE spot AS (x integer, y integer, label text); CREATE TABLE t (a integer, b spot, computed integer GENERATED ALWAYS AS (f(a)) STORED); CREATE VIEW v AS SELECT computed, (b).y FROM t; CREATE VIEW w AS SELECT * FROM v; CREATE MATERIALIZED VIEW m AS SELECT f(a) AS b FROM t; CREATE INDEX mb ON m (f(b));

-- after
CREATE FUNCTION f(b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT b'; CREATE TYPE spot AS (x integer, y integer); CREATE TABLE t (a integer, b spot, computed integer GENERATED ALWAYS AS (f(a)) STORED); CREATE VIEW v AS SELECT computed, (b).y FROM t; CREATE VIEW w AS SELECT * FROM v; CREATE MATERIALIZED VIEW m AS SELECT f(a) AS b FROM t; CREATE INDEX mb ON m (f(b));
