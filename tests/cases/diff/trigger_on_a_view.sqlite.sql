-- before
CREATE TABLE t (a integer); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER added INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (NEW.a); END;

-- after
CREATE TABLE t (a integer); CREATE VIEW v AS SELECT a, 1 AS b FROM t; CREATE TRIGGER added INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (NEW.a); END;

-- plan
-- Drop trigger "added"
DROP TRIGGER "added";

-- Drop view "v"
DROP VIEW "v";

-- Create view "v"
CREATE VIEW v AS SELECT a, 1 AS b FROM t;

-- Create trigger "added"
CREATE TRIGGER added INSTEAD OF INSERT ON v BEGIN
  INSERT INTO t VALUES (NEW.a);
END;
