-- before
CREATE TABLE t (id int NOT NULL, o int) PARTITION BY RANGE (id);
CREATE TABLE s (id int NOT NULL, o int) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);

-- after
CREATE TABLE t (id int NOT NULL, o int) PARTITION BY RANGE (id);
CREATE TABLE s (id int NOT NULL, o int) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF s FOR VALUES FROM (1) TO (10);

-- plan
-- Detach partition "t1" of table "t"
ALTER TABLE t DETACH PARTITION t1;

-- Attach partition "t1" of table "s"
ALTER TABLE s ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);
