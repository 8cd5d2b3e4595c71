-- before
CREATE TABLE t (id bigint NOT NULL, d date NOT NULL, r int) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX t1_r ON t1 (r);

-- after
CREATE TABLE t (id bigint NOT NULL, d date NOT NULL, r bigint, w text CHECK (w > ''), PRIMARY KEY (id, d), UNIQUE (d, r)) PARTITION BY RANGE (d);
CREATE INDEX t_w ON t (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX t1_r ON t1 (r);
CREATE INDEX t1_w ON t1 (d, w);
ALTER TABLE t1 ALTER COLUMN r SET DEFAULT 3;
ALTER TABLE t1 ALTER COLUMN r SET NOT NULL;
ALTER TABLE t1 ADD CONSTRAINT own CHECK (r > 1);

-- plan
-- Alter table "t": change the type of column "r"; add column "w"; add unique constraint "t_d_r_key"; add primary key "t_pkey"; add check constraint "t_w_check"
ALTER TABLE "t"
    ALTER COLUMN "r" TYPE bigint,
    ADD COLUMN "w" text,
    ADD CONSTRAINT "t_d_r_key" UNIQUE (d, r),
    ADD CONSTRAINT "t_pkey" PRIMARY KEY (id, d),
    ADD CONSTRAINT "t_w_check" CHECK (w > ''::text);

-- Create index "t_w" on table "t"
CREATE INDEX "t_w" ON "t" USING btree (w);

-- Create constraint own of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "own" CHECK (r > 1);

-- Set the default of column "r" of table "t1"
ALTER TABLE t1 ALTER COLUMN r SET DEFAULT 3;

-- Forbid NULL in column "r" of partition "t1"
ALTER TABLE t1 ALTER COLUMN r SET NOT NULL;

-- Create index "t1_w" of partition "t1"
CREATE INDEX "t1_w" ON "t1" USING btree (d, w);
