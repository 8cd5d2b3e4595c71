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

-- Alter table "t": drop column "gone"; change the type of columns "w", "k"; add column "n"; forbid NULL in column "w"; add primary key "t_pkey"; add foreign key "t_k_fkey"
ALTER TABLE "t"
    DROP COLUMN "gone",
    ALTER COLUMN "w" TYPE character varying(20),
    ALTER COLUMN "k" TYPE bigint,
    ADD COLUMN "n" integer DEFAULT 3 NOT NULL,
    ALTER COLUMN "w" SET NOT NULL,
    ADD CONSTRAINT "t_pkey" PRIMARY KEY (id),
    ADD CONSTRAINT "t_k_fkey" FOREIGN KEY (k) REFERENCES a(id);

-- Alter table "t1": drop a primary key; drop 2 columns; drop the identity of a column; change the type of a column; add 2 columns; forbid NULL in a column; add a primary key; add a foreign key
ALTER TABLE "t1"
    DROP CONSTRAINT "t1_pkey",
    DROP COLUMN "gone",
    DROP COLUMN "extra",
    ALTER COLUMN "id" DROP IDENTITY,
    ALTER COLUMN "w" TYPE character varying(20),
    ADD COLUMN "k" bigint,
    ADD COLUMN "n" integer DEFAULT 3 NOT NULL,
    ALTER COLUMN "w" SET NOT NULL,
    ADD CONSTRAINT "t1_pkey" PRIMARY KEY (id),
    ADD CONSTRAINT "t_k_fkey" FOREIGN KEY (k) REFERENCES a(id);

-- Set the comment of column "t1"."w"
COMMENT ON COLUMN "t1"."w" IS 'z';

-- Remove the comment of table "t1"
COMMENT ON TABLE "t1" IS NULL;

-- Alter table "t2": drop column "gone"; change the type of columns "w", "k"; add column "n"; forbid NULL in column "w"; add primary key "t2_pkey"; add foreign key "t_k_fkey"
ALTER TABLE "t2"
    DROP COLUMN "gone",
    ALTER COLUMN "w" TYPE character varying(20),
    ALTER COLUMN "k" TYPE bigint,
    ADD COLUMN "n" integer DEFAULT 3 NOT NULL,
    ALTER COLUMN "w" SET NOT NULL,
    ADD CONSTRAINT "t2_pkey" PRIMARY KEY (id),
    ADD CONSTRAINT "t_k_fkey" FOREIGN KEY (k) REFERENCES a(id);

-- Attach partition "t1" of table "t"
ALTER TABLE t ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);

-- Attach partition "t2" of table "t"
ALTER TABLE t ATTACH PARTITION t2 FOR VALUES FROM (10) TO (30);
