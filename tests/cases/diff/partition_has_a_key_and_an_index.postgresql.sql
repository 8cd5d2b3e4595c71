-- before
CREATE TABLE t (id int, w text, n int) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t (CONSTRAINT of_t1 PRIMARY KEY (w, id)) FOR VALUES IN ('1');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2');
CREATE INDEX t2_w_n_idx ON t2 (w, n);
CREATE UNIQUE INDEX t2_w_key ON t2 (w);

-- after
CREATE TABLE t (id int, w text UNIQUE, n int) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2');
CREATE INDEX whole ON t (w, n);

-- plan
-- Drop constraint of_t1 of partition "t1"
ALTER TABLE "t1" DROP CONSTRAINT "of_t1";

-- Drop index "t2_w_key" of partition "t2"
DROP INDEX "t2_w_key";

-- Drop index "t2_w_n_idx" of partition "t2"
DROP INDEX "t2_w_n_idx";

-- Add unique constraint "t_w_key" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_w_key"
    UNIQUE (w);

-- Create index "whole" on table "t"
CREATE INDEX "whole" ON "t" USING btree (w, n);

-- Allow NULL in column "id" of partition "t1"
ALTER TABLE t1 ALTER COLUMN id DROP NOT NULL;

-- Allow NULL in column "w" of partition "t1"
ALTER TABLE t1 ALTER COLUMN w DROP NOT NULL;
