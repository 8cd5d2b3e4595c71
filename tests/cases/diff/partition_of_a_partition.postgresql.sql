-- before
CREATE TABLE t (id bigint, d date, r int) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY LIST (r);
CREATE TABLE t1a PARTITION OF t1 FOR VALUES IN (1, 2);

-- after
CREATE TABLE t (id bigint, d date, r int) PARTITION BY RANGE (d);
CREATE INDEX t_r ON t (r);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-07-01') PARTITION BY LIST (r);
CREATE TABLE t1a PARTITION OF t1 FOR VALUES IN (1, 2, 3);
CREATE TABLE t1b PARTITION OF t1 DEFAULT;
CREATE INDEX t1_id ON t1 (id);

-- plan
-- Detach partition "t1" of table "t"
ALTER TABLE t DETACH PARTITION t1;

-- Detach partition "t1a" of table "t"
ALTER TABLE t1 DETACH PARTITION t1a;

-- Create index "t_r" on table "t"
CREATE INDEX "t_r" ON "t" USING btree (r);

-- Create index "t1_id" on table "t1"
CREATE INDEX "t1_id" ON "t1" USING btree (id);

-- Create index "t1_r_idx" on table "t1"
CREATE INDEX "t1_r_idx" ON "t1" USING btree (r);

-- Create index "t1a_id_idx" on table "t1a"
CREATE INDEX "t1a_id_idx" ON "t1a" USING btree (id);

-- Create index "t1a_r_idx" on table "t1a"
CREATE INDEX "t1a_r_idx" ON "t1a" USING btree (r);

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM ('2020-01-01') TO ('2021-07-01');

-- Attach partition "t1a" of table "t"
ALTER TABLE t1 ATTACH PARTITION t1a FOR VALUES IN (1, 2, 3);

-- Create partition "t1b" of table "t"
CREATE TABLE t1b PARTITION OF t1 DEFAULT;
