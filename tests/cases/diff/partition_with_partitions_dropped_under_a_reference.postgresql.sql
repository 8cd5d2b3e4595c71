-- before
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
CREATE TABLE p3 PARTITION OF p FOR VALUES IN (3, 4) PARTITION BY LIST (id);
CREATE TABLE p33 PARTITION OF p3 FOR VALUES IN (3);
CREATE TABLE p34 PARTITION OF p3 FOR VALUES IN (4);
CREATE TABLE a (x int REFERENCES p);

-- after
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
CREATE TABLE a (x int REFERENCES p);

-- plan
-- Detach partition "p33" of table "p", to which foreign keys refer
ALTER TABLE p3 DETACH PARTITION p33;

-- Drop table "p33"
DROP TABLE "p33";

-- Detach partition "p34" of table "p", to which foreign keys refer
ALTER TABLE p3 DETACH PARTITION p34;

-- Drop table "p34"
DROP TABLE "p34";

-- Detach partition "p3" of table "p", to which foreign keys refer
ALTER TABLE p DETACH PARTITION p3;

-- Drop table "p3"
DROP TABLE "p3";
