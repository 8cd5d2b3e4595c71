-- before
CREATE TABLE t (id int, w text) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
CREATE INDEX waits ON ONLY t (w);
CREATE INDEX of_t1 ON t1 (w);
ALTER INDEX waits ATTACH PARTITION of_t1;

-- after
CREATE TABLE t (id int, w text) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
CREATE INDEX waits ON t (w);

-- plan
-- Drop index "waits" of table "t"
DROP INDEX "waits";

-- Create index "waits" on table "t"
CREATE INDEX "waits" ON "t" USING btree (w);
