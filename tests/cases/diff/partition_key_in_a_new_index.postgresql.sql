-- before
CREATE TABLE t (id int, w text) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2') PARTITION BY RANGE (id);
CREATE TABLE t21 PARTITION OF t2 FOR VALUES FROM (1) TO (10);
ALTER TABLE t21 ADD CONSTRAINT t21_key UNIQUE (w, id);
CREATE UNIQUE INDEX t21_own ON t21 (w, id);

-- after
CREATE TABLE t (id int, w text, n int) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t (PRIMARY KEY (w, id)) FOR VALUES IN ('1');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2') PARTITION BY RANGE (id);
CREATE TABLE t21 PARTITION OF t2 FOR VALUES FROM (1) TO (10);
ALTER TABLE t21 ADD CONSTRAINT t21_key UNIQUE (w, id);
ALTER TABLE t2 ADD CONSTRAINT t2_n_key UNIQUE (n, w, id);
CREATE UNIQUE INDEX whole ON t (w, id);
CREATE UNIQUE INDEX whole_n ON t (n, w, id);
CREATE UNIQUE INDEX t21_own ON t21 (w, id);

-- plan
-- Drop index "t21_own" of partition "t21"
DROP INDEX "t21_own";

-- Add column "n" to table "t"
ALTER TABLE "t" ADD COLUMN "n" integer;

-- Create constraint t1_pkey of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t1_pkey" PRIMARY KEY (w, id);

-- Create constraint t2_n_key of partition "t2"
ALTER TABLE "t2" ADD CONSTRAINT "t2_n_key" UNIQUE (n, w, id);

-- Create unique index "whole" on table "t"
CREATE UNIQUE INDEX "whole" ON "t" USING btree (w, id);

-- Create unique index "whole_n" on table "t"
CREATE UNIQUE INDEX "whole_n" ON "t" USING btree (n, w, id);

-- Forbid NULL in column "id" of partition "t1"
ALTER TABLE t1 ALTER COLUMN id SET NOT NULL;

-- Forbid NULL in column "w" of partition "t1"
ALTER TABLE t1 ALTER COLUMN w SET NOT NULL;

-- Create index "t21_own" of partition "t21"
CREATE UNIQUE INDEX "t21_own" ON "t21" USING btree (w, id);
