-- before
CREATE TABLE base (id integer, name text); CREATE TABLE t (id integer PRIMARY KEY, name text); CREATE INDEX named ON t (name); CREATE TABLE u (id integer REFERENCES t); CREATE VIEW v AS SELECT id FROM t; CREATE VIEW w AS SELECT id FROM v; CREATE FUNCTION f(r t) RETURNS integer LANGUAGE sql AS 'SELECT r.id'; CREATE TABLE m (id integer); CREATE VIEW of_m AS SELECT id FROM m;

-- after
CREATE TABLE base (id integer, name text); CREATE VIEW t AS SELECT id, name FROM base; CREATE TABLE u (id integer); CREATE VIEW v AS SELECT id FROM t; CREATE VIEW w AS SELECT id FROM v; CREATE FUNCTION f(r t) RETURNS integer LANGUAGE sql AS 'SELECT r.id'; CREATE MATERIALIZED VIEW m AS SELECT id FROM base; CREATE VIEW of_m AS SELECT id FROM m;
