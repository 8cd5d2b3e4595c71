CREATE FUNCTION one(x int) RETURNS boolean LANGUAGE SQL
BEGIN ATOMIC
  SELECT CASE WHEN x % 2 = 0 THEN true ELSE false END; -- tricky; END;
  SELECT CASE x WHEN 1 THEN CASE x WHEN 2 THEN 3 END END;
END;
CREATE OR REPLACE PROCEDURE two() BEGIN ATOMIC INSERT INTO t SELECT t.end FROM t; SELECT 1 end; END; CALL two();
create/* not */function three() returns int begin /* /* x */ ; */ atomic select (select 1 /*END;*/); /*END;*/ end--x
;
CREATE FUNCTION four() RETURNS int BEGIN ATOMIC END;
CREATE FUNCTION begin(atomic int) RETURNS int RETURN 1;
CREATE FUNCTION five(begin atomic, "begin" int) RETURNS TABLE (begin atomic) LANGUAGE SQL SET search_path TO begin AS 'SELECT 1;';
CREATE FUNCTION six() RETURNS int SET search_path TO begin BEGIN ATOMIC SELECT 1; END;
CREATE FUNCTION seven(x int DEFAULT (1)) RETURNS int LANGUAGE SQL RETURN (SELECT CASE WHEN x = 1 THEN 1 END);
CREATE TABLE begin (begin int, "end" int, atomic int);
SELECT 1 end;
