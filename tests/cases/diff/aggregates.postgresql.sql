-- before
CREATE TABLE t (a int);

-- after
CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b'; CREATE AGGREGATE s(int) (sfunc = add, stype = int, initcond = '0', combinefunc = add, parallel = safe); CREATE AGGREGATE cnt(*) (sfunc = int8inc, stype = int8, initcond = '0'); CREATE AGGREGATE med(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra); CREATE AGGREGATE mx(int) (sfunc = int4larger, stype = int, sortop = >); CREATE TABLE t (a int); CREATE VIEW v AS SELECT s(a), cnt(*) FROM t;
