-- before
CREATE TABLE t (id int NOT NULL, w text NOT NULL) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2');
CREATE UNIQUE INDEX whole ON t (w, id);
ALTER TABLE t2 ADD CONSTRAINT t2_key UNIQUE USING INDEX t2_w_id_idx;

-- after
CREATE TABLE t (id int NOT NULL, w text NOT NULL) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2');
CREATE TABLE t3 PARTITION OF t FOR VALUES IN ('3');
ALTER TABLE t3 ADD CONSTRAINT t3_key UNIQUE (w, id);
CREATE UNIQUE INDEX whole ON t (w, id);
ALTER TABLE t1 ADD CONSTRAINT t1_key PRIMARY KEY USING INDEX t1_w_id_idx;

-- plan
-- Detach partition "t1" of table "t"
ALTER TABLE t DETACH PARTITION t1;

-- Detach partition "t2" of table "t"
ALTER TABLE t DETACH PARTITION t2;

-- Create table "t3"
CREATE TABLE "t3" (
    "id" integer NOT NULL,
    "w" text NOT NULL,
    CONSTRAINT "t3_key" UNIQUE (w, id)
);

-- Drop index "t1_w_id_idx" of table "t1"
DROP INDEX "t1_w_id_idx";

-- Add primary key "t1_key" to table "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t1_key"
    PRIMARY KEY (w, id);

-- Drop unique constraint "t2_key" of table "t2"
ALTER TABLE "t2" DROP CONSTRAINT "t2_key";

-- Create unique index "t2_w_id_idx" on table "t2"
CREATE UNIQUE INDEX "t2_w_id_idx" ON "t2" USING btree (w, id);

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES IN ('1');

-- Attach partition "t2" of table "t"
ALTER TABLE t ATTACH PARTITION t2 FOR VALUES IN ('2');

-- Attach partition "t3" of table "t"
ALTER TABLE t ATTACH PARTITION t3 FOR VALUES IN ('3');
