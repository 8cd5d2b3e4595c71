-- before
CREATE TABLE t (a integer CONSTRAINT positive CHECK (a > 0)); COMMENT ON CONSTRAINT positive ON t IS 'c'; CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX m_a ON m (a); COMMENT ON INDEX m_a IS 'i'; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; COMMENT ON FUNCTION f() IS 'f'; CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER touched; COMMENT ON TRIGGER touched ON t IS 'g';

-- after
CREATE TABLE t (a integer);

-- plan
-- Drop trigger "touched" of table "t"
DROP TRIGGER touched ON t;

-- Drop check constraint "positive" of table "t"
ALTER TABLE "t" DROP CONSTRAINT "positive";

-- Drop function "f"
DROP FUNCTION f();

-- Drop materialized view "m"
DROP MATERIALIZED VIEW m;
