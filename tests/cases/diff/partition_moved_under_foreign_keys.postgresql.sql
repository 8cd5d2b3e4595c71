-- before
CREATE TABLE t (id int PRIMARY KEY, o int) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE n (t int REFERENCES t);

-- after
CREATE TABLE t (id int PRIMARY KEY, o int) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (12);
CREATE TABLE n (t int REFERENCES t);

-- plan
-- Drop foreign key "n_t_fkey" of table "n"
ALTER TABLE "n" DROP CONSTRAINT "n_t_fkey";

-- Detach partition "t1" of table "t"
ALTER TABLE t DETACH PARTITION t1;

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (12);

-- Add foreign key "n_t_fkey" to table "n"
ALTER TABLE "n" ADD CONSTRAINT "n_t_fkey"
    FOREIGN KEY (t) REFERENCES t(id);
