-- before
CREATE TABLE t (a integer);

-- after
CREATE TABLE t (a integer);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.a := NEW.a + 1; RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY own ON t USING (a > 0);
CREATE MATERIALIZED VIEW totals AS SELECT sum(a) AS total FROM t;
