-- before
CREATE TABLE t (id int NOT NULL, w text NOT NULL, n int) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
CREATE UNIQUE INDEX whole ON t (w, id);
ALTER TABLE t1 ADD CONSTRAINT t1_pkey PRIMARY KEY USING INDEX t1_w_id_idx;
CREATE UNIQUE INDEX whole_n ON t (w, n);
ALTER TABLE t1 ADD CONSTRAINT t1_n UNIQUE USING INDEX t1_w_n_idx;

-- after
CREATE TABLE t (id int NOT NULL, w text NOT NULL, n bigint) PARTITION BY LIST (w);
CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('1');
ALTER TABLE t ADD CONSTRAINT whole PRIMARY KEY (w, id);
CREATE UNIQUE INDEX whole_n ON t (w, n);
ALTER TABLE t1 ADD CONSTRAINT t1_n UNIQUE USING INDEX t1_w_n_idx;

-- plan
-- Detach partition "t1" of table "t"
ALTER TABLE t DETACH PARTITION t1;

-- Drop index "whole" of table "t"
DROP INDEX "whole";

-- Alter table "t": change the type of column "n"; add primary key "whole"
ALTER TABLE "t"
    ALTER COLUMN "n" TYPE bigint,
    ADD CONSTRAINT "whole" PRIMARY KEY (w, id);

-- Change the type of column "n" of table "t1"
ALTER TABLE "t1" ALTER COLUMN "n" TYPE bigint;

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES IN ('1');
