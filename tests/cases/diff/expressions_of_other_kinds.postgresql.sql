-- before
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE TABLE t (a integer, s varchar(9)) PARTITION BY LIST (a);
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
CREATE VIEW v AS SELECT a, s FROM t;

-- after
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER far FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE remote (
    s varchar(9) DEFAULT 'a' CHECK (s IN ('a', 'b')),
    b boolean GENERATED ALWAYS AS (s IN ('a', 'b')) STORED
) SERVER far;
CREATE TABLE t (a integer, s varchar(9)) PARTITION BY LIST (a);
CREATE TABLE p PARTITION OF t FOR VALUES IN (1);
ALTER TABLE p ADD CONSTRAINT c CHECK (s IN ('a', 'b'));
ALTER TABLE p ALTER s SET DEFAULT CASE WHEN current_user::varchar(9) IN ('a', 'b') THEN 'a' ELSE 'b' END;
CREATE VIEW v AS SELECT a, s FROM t;
ALTER VIEW v ALTER s SET DEFAULT CASE WHEN current_user::varchar(9) IN ('a', 'b') THEN 'a' ELSE 'b' END;
CREATE TABLE keyed (s varchar(9)) PARTITION BY LIST ((s IN ('a', 'b')));
CREATE TABLE keyed_true PARTITION OF keyed FOR VALUES IN (true) PARTITION BY LIST ((s IN ('b', 'c')));
