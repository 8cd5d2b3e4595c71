-- before
CREATE TABLE t (id int, w text) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
CREATE INDEX waits ON ONLY t (w);

-- after
CREATE TABLE t (id int, w text) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
CREATE INDEX waits ON ONLY t (w);
CREATE INDEX of_t1 ON t1 (w);
ALTER INDEX waits ATTACH PARTITION of_t1;
CREATE UNIQUE INDEX later ON ONLY t (id);

-- plan
-- Create unique index "later" on table "t"
CREATE UNIQUE INDEX "later" ON ONLY "t" USING btree (id);

-- Create index "of_t1" of partition "t1"
CREATE INDEX "of_t1" ON "t1" USING btree (w);

-- Attach index "of_t1" of partition "t1"
ALTER INDEX waits ATTACH PARTITION of_t1;

-- back
-- index of_t1 is attached to index waits, and PostgreSQL cannot detach it
