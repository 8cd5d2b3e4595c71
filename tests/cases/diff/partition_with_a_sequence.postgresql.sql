-- before
CREATE TABLE t (id int NOT NULL, w text) PARTITION BY RANGE (id);
CREATE TABLE t1 (id serial, w text);

-- after
CREATE TABLE t (id int NOT NULL, w text) PARTITION BY RANGE (id);
CREATE TABLE t1 (id serial, w text);
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);

-- plan
-- Let no column own sequence "t1_id_seq"
ALTER SEQUENCE "t1_id_seq" OWNED BY NONE;

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);

-- Let a column of a partition own sequence "t1_id_seq"
ALTER SEQUENCE t1_id_seq OWNED BY t1.id;
