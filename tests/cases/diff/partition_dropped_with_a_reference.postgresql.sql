-- before
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
CREATE TABLE a (x int REFERENCES p);
CREATE TABLE b (x int REFERENCES p);

-- after
CREATE TABLE p (id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE a (x int);

-- plan
-- Drop table "b"
DROP TABLE "b";

-- Drop foreign key "a_x_fkey" of table "a"
ALTER TABLE "a" DROP CONSTRAINT "a_x_fkey";

-- Drop partition "p2" of table "p"
DROP TABLE p2;
