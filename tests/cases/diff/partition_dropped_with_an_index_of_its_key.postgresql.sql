-- before
CREATE TABLE t (id integer NOT NULL, d integer NOT NULL) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9) PARTITION BY LIST (id);
CREATE TABLE t11 PARTITION OF t1 FOR VALUES IN (1);
ALTER TABLE t11 ADD CONSTRAINT own UNIQUE (d, id);
CREATE UNIQUE INDEX w ON t (d, id);
CREATE MATERIALIZED VIEW v AS SELECT d FROM t11;

-- after
CREATE TABLE t (id integer NOT NULL, d integer NOT NULL) PARTITION BY RANGE (d);

-- plan
-- Drop materialized view "v" of partition "t11"
DROP MATERIALIZED VIEW v;

-- Drop partition "t11" of table "t"
DROP TABLE t11;

-- Drop partition "t1" of table "t"
DROP TABLE t1;

-- Drop index "w" of table "t"
DROP INDEX "w";
