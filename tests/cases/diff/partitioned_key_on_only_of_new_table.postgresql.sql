-- before


-- after
CREATE TABLE t (id int NOT NULL, w text NOT NULL) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2');
ALTER TABLE ONLY t ADD CONSTRAINT waits PRIMARY KEY (w, id);
ALTER TABLE t1 ADD CONSTRAINT of_t1 PRIMARY KEY (w, id);
ALTER INDEX waits ATTACH PARTITION of_t1;
CREATE UNIQUE INDEX also ON ONLY t (id, w);
ALTER TABLE t2 ADD CONSTRAINT of_t2 UNIQUE (id, w);
ALTER INDEX also ATTACH PARTITION of_t2;

-- plan
-- Create table "t"
CREATE TABLE "t" (
    "id" integer NOT NULL,
    "w" text NOT NULL
) PARTITION BY LIST (w);

-- Create partition "t1" of table "t"
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');

-- Create partition "t2" of table "t"
CREATE TABLE t2 PARTITION OF t FOR VALUES IN ('2');

-- Add primary key "waits" to table "t"
ALTER TABLE ONLY "t" ADD CONSTRAINT "waits"
    PRIMARY KEY (w, id);

-- Create constraint of_t2 of partition "t2"
ALTER TABLE "t2" ADD CONSTRAINT "of_t2" UNIQUE (id, w);

-- Create unique index "also" on table "t"
CREATE UNIQUE INDEX "also" ON ONLY "t" USING btree (id, w);

-- Attach index "of_t2" of partition "t2"
ALTER INDEX also ATTACH PARTITION of_t2;

-- Create constraint of_t1 of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "of_t1" PRIMARY KEY (w, id);

-- Attach index "of_t1" of partition "t1"
ALTER INDEX waits ATTACH PARTITION of_t1;
