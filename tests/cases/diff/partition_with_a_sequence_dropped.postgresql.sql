-- before
CREATE TABLE t (id int NOT NULL, w text) PARTITION BY RANGE (id);
CREATE TABLE t1 (id serial, w text);
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);

-- after


-- plan
-- Drop table "t"
DROP TABLE "t";
