-- before
CREATE TABLE t (id bigint, d date, w text DEFAULT 'x', CONSTRAINT k CHECK (id > 0), PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE INDEX t_w ON t (w);
CREATE TABLE t1 (id bigint, d date, w text, PRIMARY KEY (id, d));

-- after
CREATE TABLE t (id bigint, d date, w text DEFAULT 'x', CONSTRAINT k CHECK (id > 0), PRIMARY KEY (id, d)) PARTITION BY RANGE (d);
CREATE INDEX t_w ON t (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX t1_own ON t1 (w, d);

-- plan
-- Alter table "t1": set the default of column "w"; add check constraint "k"
ALTER TABLE "t1"
    ALTER COLUMN "w" SET DEFAULT 'x'::text,
    ADD CONSTRAINT "k" CHECK (id > 0);

-- Create index "t1_own" on table "t1"
CREATE INDEX "t1_own" ON "t1" USING btree (w, d);

-- Create index "t1_w_idx" on table "t1"
CREATE INDEX "t1_w_idx" ON "t1" USING btree (w);

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
