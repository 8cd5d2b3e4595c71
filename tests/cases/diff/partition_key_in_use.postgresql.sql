-- before
CREATE TABLE t (id integer, d integer, PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (d);
CREATE TABLE t11 PARTITION OF t1 FOR VALUES FROM (0) TO (5);
CREATE UNIQUE INDEX u ON t1 (d);
CREATE TABLE s (a integer, b integer, FOREIGN KEY (a, b) REFERENCES t1 (id, d), FOREIGN KEY (b) REFERENCES t11 (d));
ALTER TABLE t11 REPLICA IDENTITY USING INDEX t11_pkey;

-- after
CREATE TABLE t (id bigint, d integer, PRIMARY KEY (d, id)) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (d);
CREATE TABLE t11 PARTITION OF t1 FOR VALUES FROM (0) TO (5);
CREATE UNIQUE INDEX u ON t (d);
CREATE TABLE s (a bigint, b integer, FOREIGN KEY (a, b) REFERENCES t1 (id, d), FOREIGN KEY (b) REFERENCES t11 (d));
ALTER TABLE t11 REPLICA IDENTITY USING INDEX t11_pkey;

-- plan
-- Reset the replica identity of table "t11"
ALTER TABLE t11 REPLICA IDENTITY DEFAULT;

-- Drop foreign keys "s_a_b_fkey", "s_b_fkey" of table "s"
ALTER TABLE "s"
    DROP CONSTRAINT "s_a_b_fkey",
    DROP CONSTRAINT "s_b_fkey";

-- Drop index "u" of partition "t1"
DROP INDEX "u";

-- Alter table "t": drop primary key "t_pkey"; change the type of column "id"; add primary key "t_pkey"
ALTER TABLE "t"
    DROP CONSTRAINT "t_pkey",
    ALTER COLUMN "id" TYPE bigint,
    ADD CONSTRAINT "t_pkey" PRIMARY KEY (d, id);

-- Create unique index "u" on table "t"
CREATE UNIQUE INDEX "u" ON "t" USING btree (d);

-- Alter table "s": change the type of column "a"; add foreign keys "s_a_b_fkey", "s_b_fkey"
ALTER TABLE "s"
    ALTER COLUMN "a" TYPE bigint,
    ADD CONSTRAINT "s_a_b_fkey" FOREIGN KEY (a, b) REFERENCES t1(id, d),
    ADD CONSTRAINT "s_b_fkey" FOREIGN KEY (b) REFERENCES t11(d);

-- Set the replica identity of table "t11"
ALTER TABLE t11 REPLICA IDENTITY USING INDEX "t11_pkey";
