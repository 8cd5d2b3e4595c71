-- before
CREATE TABLE t (w text, n int) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
CREATE INDEX t1_own ON t1 (w, n);
ALTER TABLE t1 ADD CONSTRAINT t1_own_key UNIQUE (w, n);

-- after
CREATE TABLE t (w text, n int, CONSTRAINT whole_key UNIQUE (w, n)) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
ALTER TABLE t1 ADD CONSTRAINT t1_own_key UNIQUE (w, n);
CREATE INDEX whole ON t (w, n);
CREATE INDEX t1_own ON t1 (w, n);

-- plan
-- Drop constraint t1_own_key of partition "t1"
ALTER TABLE "t1" DROP CONSTRAINT "t1_own_key";

-- Drop index "t1_own" of partition "t1"
DROP INDEX "t1_own";

-- Add unique constraint "whole_key" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "whole_key"
    UNIQUE (w, n);

-- Create index "whole" on table "t"
CREATE INDEX "whole" ON "t" USING btree (w, n);

-- Create constraint t1_own_key of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t1_own_key" UNIQUE (w, n);

-- Create index "t1_own" of partition "t1"
CREATE INDEX "t1_own" ON "t1" USING btree (w, n);
