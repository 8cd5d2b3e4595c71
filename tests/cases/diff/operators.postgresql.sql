-- before
CREATE TABLE t (id int, n int, body text);

-- after
CREATE FUNCTION eqx(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2'; CREATE FUNCTION nex(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> $2'; CREATE FUNCTION negx(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT -$1'; CREATE OPERATOR === (function = eqx, leftarg = int, rightarg = int, commutator = ===, negator = !==, restrict = eqsel, join = eqjoinsel, hashes, merges); CREATE OPERATOR !== (function = nex, leftarg = int, rightarg = int, commutator = !==, negator = ===, restrict = neqsel, join = neqjoinsel); CREATE OPERATOR @#@ (function = negx, rightarg = int); CREATE SCHEMA "Odd"; CREATE OPERATOR "Odd".<<<< (function = eqx, leftarg = int, rightarg = int); CREATE TABLE t (id int DEFAULT @#@ 3, n int CHECK (n === 3), body text); CREATE INDEX i ON t ((n === id)); CREATE VIEW v AS SELECT n !== 3 AS a, n OPERATOR("Odd".<<<<) 4 AS b FROM t; COMMENT ON OPERATOR === (int, int) IS 'same';
