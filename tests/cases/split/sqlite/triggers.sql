-- Keep the sum.
CREATE TRIGGER IF NOT EXISTS begin AFTER INSERT ON t BEGIN
  UPDATE t SET a = CASE WHEN b THEN 'END;' ELSE "end" END; -- END;
  SELECT 1 AS "x";;
END;
create temp trigger t2 before delete on t begin select 1 as end; /*END;*/ end/* x */;
CREATE TEMPORARY TRIGGER t3 AFTER UPDATE OF a ON t WHEN (SELECT 1) BEGIN SELECT (1); END
;
EXPLAIN QUERY PLAN CREATE TRIGGER t4 AFTER INSERT ON t BEGIN SELECT 1; END;
CREATE TABLE trigger_log (begin int, "end" int);
SELECT 1; BEGIN IMMEDIATE; END;
