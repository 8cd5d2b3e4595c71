-- before
CREATE TABLE t (id int NOT NULL, w text NOT NULL) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
ALTER TABLE ONLY t ADD CONSTRAINT waits PRIMARY KEY (w, id);
CREATE UNIQUE INDEX t1_pkey ON t1 (w, id);
ALTER TABLE ONLY t ADD CONSTRAINT also UNIQUE (id, w);

-- after
CREATE TABLE t (id int NOT NULL, w text NOT NULL) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
ALTER TABLE ONLY t ADD CONSTRAINT waits PRIMARY KEY (w, id);
CREATE UNIQUE INDEX t1_pkey ON t1 (w, id);
ALTER TABLE t1 ADD CONSTRAINT t1_pkey PRIMARY KEY USING INDEX t1_pkey;
ALTER INDEX waits ATTACH PARTITION t1_pkey;
ALTER TABLE t ADD CONSTRAINT also UNIQUE (id, w);

-- plan
-- Drop index "t1_pkey" of partition "t1"
DROP INDEX "t1_pkey";

-- Alter table "t": drop unique constraint "also"; drop primary key "waits"; add unique constraint "also"; add primary key "waits"
ALTER TABLE "t"
    DROP CONSTRAINT "also",
    DROP CONSTRAINT "waits",
    ADD CONSTRAINT "also" UNIQUE (id, w),
    ADD CONSTRAINT "waits" PRIMARY KEY (w, id);
