-- before
CREATE TABLE t (id integer, d integer, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
CREATE TABLE s (a integer, b integer, FOREIGN KEY (a, b) REFERENCES t1 (id, d));

-- after
CREATE TABLE t (id integer NOT NULL, d integer NOT NULL) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
ALTER TABLE t1 ADD CONSTRAINT own UNIQUE (id, d);
CREATE TABLE s (a integer, b integer, FOREIGN KEY (a, b) REFERENCES t1 (id, d));

-- plan
-- Drop foreign key "s_a_b_fkey" of table "s"
ALTER TABLE "s" DROP CONSTRAINT "s_a_b_fkey";

-- Drop primary key "t_pkey" of table "t"
ALTER TABLE "t" DROP CONSTRAINT "t_pkey";

-- Create constraint own of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "own" UNIQUE (id, d);

-- Add foreign key "s_a_b_fkey" to table "s"
ALTER TABLE "s" ADD CONSTRAINT "s_a_b_fkey"
    FOREIGN KEY (a, b) REFERENCES t1(id, d);
