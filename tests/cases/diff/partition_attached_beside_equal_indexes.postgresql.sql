-- before
CREATE TABLE t (w text, n int, UNIQUE (n, w)) PARTITION BY LIST (w);
CREATE INDEX whole ON t (w, n);
CREATE UNIQUE INDEX whole_key ON t (w, n);
CREATE TABLE t1 (w text, n int, CONSTRAINT t1_own_key UNIQUE (w, n), CONSTRAINT t1_other UNIQUE (n, w));
CREATE INDEX t1_own ON t1 (w, n);

-- after
CREATE TABLE t (w text, n int, UNIQUE (n, w)) PARTITION BY LIST (w);
CREATE INDEX whole ON t (w, n);
CREATE UNIQUE INDEX whole_key ON t (w, n);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
ALTER TABLE t1 ADD CONSTRAINT t1_own_key UNIQUE (w, n);
ALTER TABLE t1 ADD CONSTRAINT t1_other UNIQUE (n, w);
CREATE INDEX t1_own ON t1 (w, n);

-- plan
-- Drop unique constraint "t1_own_key" of table "t1"
ALTER TABLE "t1" DROP CONSTRAINT "t1_own_key";

-- Create unique index "t1_w_n_idx1" on table "t1"
CREATE UNIQUE INDEX "t1_w_n_idx1" ON "t1" USING btree (w, n);

-- Rename unique constraint "t1_other" of table "t1" to "t1_n_w_key"
ALTER TABLE "t1" RENAME CONSTRAINT "t1_other" TO "t1_n_w_key";

-- Rename index "t1_own" to "t1_w_n_idx"
ALTER INDEX "t1_own" RENAME TO "t1_w_n_idx";

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES IN ('1');

-- Create constraint t1_other of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t1_other" UNIQUE (n, w);

-- Create constraint t1_own_key of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t1_own_key" UNIQUE (w, n);

-- Create index "t1_own" of partition "t1"
CREATE INDEX "t1_own" ON "t1" USING btree (w, n);
