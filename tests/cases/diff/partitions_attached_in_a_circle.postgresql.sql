-- before
CREATE TABLE t (id int PRIMARY KEY, o int REFERENCES t) PARTITION BY RANGE (id);
CREATE TABLE s (id int PRIMARY KEY, o int REFERENCES t) PARTITION BY RANGE (id);
ALTER TABLE t ADD CONSTRAINT t_s FOREIGN KEY (o) REFERENCES s;
CREATE TABLE t1 (id int PRIMARY KEY, o int);
CREATE TABLE s1 (id int PRIMARY KEY, o int);
INSERT INTO t1 VALUES (1, 1);
INSERT INTO s1 VALUES (1, 1);

-- after
CREATE TABLE t (id int PRIMARY KEY, o int REFERENCES t) PARTITION BY RANGE (id);
CREATE TABLE s (id int PRIMARY KEY, o int REFERENCES t) PARTITION BY RANGE (id);
ALTER TABLE t ADD CONSTRAINT t_s FOREIGN KEY (o) REFERENCES s;
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE s1 PARTITION OF s FOR VALUES FROM (1) TO (10);

-- plan
-- Drop foreign key "s_o_fkey" of table "s"
ALTER TABLE "s" DROP CONSTRAINT "s_o_fkey";

-- Drop foreign key "t_s" of table "t"
ALTER TABLE "t" DROP CONSTRAINT "t_s";

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);

-- Add foreign key "s_o_fkey" to table "s"
ALTER TABLE "s" ADD CONSTRAINT "s_o_fkey"
    FOREIGN KEY (o) REFERENCES t(id);

-- Attach partition "s1" of table "s"
ALTER TABLE s ATTACH PARTITION s1 FOR VALUES FROM (1) TO (10);

-- Add foreign key "t_s" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_s"
    FOREIGN KEY (o) REFERENCES s(id);
