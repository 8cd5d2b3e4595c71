-- before
CREATE TABLE r (id integer PRIMARY KEY);
CREATE TABLE t (d integer, r integer) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
CREATE TABLE z PARTITION OF t FOR VALUES FROM (9) TO (99) PARTITION BY RANGE (d);
CREATE TABLE a PARTITION OF z FOR VALUES FROM (9) TO (20);
CREATE TABLE n (d integer, r integer REFERENCES r);
ALTER TABLE t1 ADD CONSTRAINT own FOREIGN KEY (r) REFERENCES r;
ALTER TABLE a ADD CONSTRAINT own FOREIGN KEY (d) REFERENCES r;

-- after
CREATE TABLE r (id integer PRIMARY KEY);
CREATE TABLE t (d integer, r integer REFERENCES r) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
CREATE TABLE z PARTITION OF t FOR VALUES FROM (9) TO (99) PARTITION BY RANGE (d);
CREATE TABLE a PARTITION OF z FOR VALUES FROM (9) TO (20);
CREATE TABLE n PARTITION OF z FOR VALUES FROM (20) TO (30);
ALTER TABLE z ADD CONSTRAINT zd FOREIGN KEY (d) REFERENCES r;
ALTER TABLE t1 ADD CONSTRAINT own FOREIGN KEY (r) REFERENCES r;
ALTER TABLE a ADD CONSTRAINT own FOREIGN KEY (d) REFERENCES r;
ALTER TABLE n ADD CONSTRAINT n_r_fkey FOREIGN KEY (r) REFERENCES r;

-- plan
-- Add foreign key "zd" to table "n"
ALTER TABLE "n" ADD CONSTRAINT "zd"
    FOREIGN KEY (d) REFERENCES r(id);

-- Rename foreign key "n_r_fkey" of table "n" to "t_r_fkey"
ALTER TABLE "n" RENAME CONSTRAINT "n_r_fkey" TO "t_r_fkey";

-- Drop constraint own of partition "a"
ALTER TABLE "a" DROP CONSTRAINT "own";

-- Drop constraint own of partition "t1"
ALTER TABLE "t1" DROP CONSTRAINT "own";

-- Add foreign key "t_r_fkey" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_r_fkey"
    FOREIGN KEY (r) REFERENCES r(id);

-- Attach partition "n" of table "t"
ALTER TABLE z ATTACH PARTITION n FOR VALUES FROM (20) TO (30);

-- Create constraint own of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "own" FOREIGN KEY (r) REFERENCES r(id);

-- Create constraint zd of partition "z"
ALTER TABLE "z" ADD CONSTRAINT "zd" FOREIGN KEY (d) REFERENCES r(id);

-- Create constraint own of partition "a"
ALTER TABLE "a" ADD CONSTRAINT "own" FOREIGN KEY (d) REFERENCES r(id);

-- Create constraint n_r_fkey of partition "n"
ALTER TABLE "n" ADD CONSTRAINT "n_r_fkey" FOREIGN KEY (r) REFERENCES r(id);
