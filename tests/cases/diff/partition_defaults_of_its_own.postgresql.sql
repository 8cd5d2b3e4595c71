-- before
CREATE TABLE t (id int NOT NULL, w text DEFAULT 'a', v int NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t (w DEFAULT 'own', v DEFAULT 7) FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t (w NOT NULL) FOR VALUES FROM (10) TO (20);
ALTER TABLE t2 ALTER COLUMN w DROP DEFAULT;

-- after
CREATE TABLE t (id int NOT NULL, w text DEFAULT 'b', v int DEFAULT 3) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t (w DEFAULT 'own', v DEFAULT 7) FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t (w NOT NULL, v NOT NULL) FOR VALUES FROM (10) TO (20);
ALTER TABLE t2 ALTER COLUMN w DROP DEFAULT;

-- plan
-- Alter table "t": allow NULL in column "v"; set the default of columns "w", "v"
ALTER TABLE "t"
    ALTER COLUMN "v" DROP NOT NULL,
    ALTER COLUMN "w" SET DEFAULT 'b'::text,
    ALTER COLUMN "v" SET DEFAULT 3;

-- Set the default of column "v" of table "t1"
ALTER TABLE t1 ALTER COLUMN v SET DEFAULT 7;

-- Set the default of column "w" of table "t1"
ALTER TABLE t1 ALTER COLUMN w SET DEFAULT 'own'::text;

-- Set the default of column "w" of table "t2"
ALTER TABLE t2 ALTER COLUMN w DROP DEFAULT;

-- Forbid NULL in column "v" of partition "t2"
ALTER TABLE t2 ALTER COLUMN v SET NOT NULL;
