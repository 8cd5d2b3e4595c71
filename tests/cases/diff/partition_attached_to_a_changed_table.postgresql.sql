-- before
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE t (id int NOT NULL, gone text, w varchar(10), k int) PARTITION BY RANGE (id);
CREATE TABLE t1 (w text, id int GENERATED ALWAYS AS IDENTITY, gone text, extra int, PRIMARY KEY (id, extra));
COMMENT ON TABLE t1 IS 'x';
COMMENT ON COLUMN t1.w IS 'y';
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);

-- after
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE t (id int PRIMARY KEY, w varchar(20) NOT NULL, k bigint REFERENCES a, n int NOT NULL DEFAULT 3) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (30);
COMMENT ON COLUMN t1.w IS 'z';

-- plan
-- Detach partition "t2" of table "t"
ALTER TABLE t DETACH PARTITION t2;

-- Drop primary key "t1_pkey" of table "t1"
ALTER TABLE "t1" DROP CONSTRAINT "t1_pkey";

-- Drop column "gone" of table "t"
ALTER TABLE "t" DROP COLUMN "gone";

-- Alter column "k" of table "t"
ALTER TABLE "t" ALTER COLUMN "k" TYPE bigint;

-- Alter column "w" of table "t"
ALTER TABLE "t"
    ALTER COLUMN "w" TYPE character varying(20),
    ALTER COLUMN "w" SET NOT NULL;

-- Add primary key "t_pkey" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_pkey"
    PRIMARY KEY (id);

-- Add column "n" to table "t"
ALTER TABLE "t" ADD COLUMN "n" integer DEFAULT 3 NOT NULL;

-- Drop column "extra" of table "t1"
ALTER TABLE "t1" DROP COLUMN "extra";

-- Drop column "gone" of table "t1"
ALTER TABLE "t1" DROP COLUMN "gone";

-- Alter column "id" of table "t1"
ALTER TABLE "t1" ALTER COLUMN "id" DROP IDENTITY;

-- Alter column "w" of table "t1"
ALTER TABLE "t1"
    ALTER COLUMN "w" TYPE character varying(20),
    ALTER COLUMN "w" SET NOT NULL;

-- Set the comment of column "t1"."w"
COMMENT ON COLUMN "t1"."w" IS 'z';

-- Add primary key "t1_pkey" to table "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t1_pkey"
    PRIMARY KEY (id);

-- Remove the comment of table "t1"
COMMENT ON TABLE "t1" IS NULL;

-- Add column "k" to table "t1"
ALTER TABLE "t1" ADD COLUMN "k" bigint;

-- Add column "n" to table "t1"
ALTER TABLE "t1" ADD COLUMN "n" integer DEFAULT 3 NOT NULL;

-- Drop column "gone" of table "t2"
ALTER TABLE "t2" DROP COLUMN "gone";

-- Alter column "k" of table "t2"
ALTER TABLE "t2" ALTER COLUMN "k" TYPE bigint;

-- Alter column "w" of table "t2"
ALTER TABLE "t2"
    ALTER COLUMN "w" TYPE character varying(20),
    ALTER COLUMN "w" SET NOT NULL;

-- Add primary key "t2_pkey" to table "t2"
ALTER TABLE "t2" ADD CONSTRAINT "t2_pkey"
    PRIMARY KEY (id);

-- Add column "n" to table "t2"
ALTER TABLE "t2" ADD COLUMN "n" integer DEFAULT 3 NOT NULL;

-- Add foreign key "t_k_fkey" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_k_fkey"
    FOREIGN KEY (k) REFERENCES a(id);

-- Add foreign key "t_k_fkey" to table "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t_k_fkey"
    FOREIGN KEY (k) REFERENCES a(id);

-- Add foreign key "t_k_fkey" to table "t2"
ALTER TABLE "t2" ADD CONSTRAINT "t_k_fkey"
    FOREIGN KEY (k) REFERENCES a(id);

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);

-- Attach partition "t2" of table "t"
ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (30);
