-- before
CREATE TABLE t (a integer DEFAULT 1 NOT NULL, b varchar(10), c text, d numeric(8,2));
CREATE INDEX t_a ON t (a);

-- after
CREATE TABLE t (a bigint DEFAULT 2 NOT NULL, b varchar(20) NOT NULL, c jsonb, d numeric(12,2) DEFAULT 0);
CREATE INDEX t_a ON t (a);

-- plan
-- Alter column "a" of table "t"
ALTER TABLE "t"
    ALTER COLUMN "a" DROP DEFAULT,
    ALTER COLUMN "a" TYPE bigint,
    ALTER COLUMN "a" SET DEFAULT 2;

-- Alter column "b" of table "t"
ALTER TABLE "t"
    ALTER COLUMN "b" TYPE character varying(20),
    ALTER COLUMN "b" SET NOT NULL;

-- Alter column "c" of table "t"
ALTER TABLE "t" ALTER COLUMN "c" TYPE jsonb USING "c"::jsonb;

-- Alter column "d" of table "t"
ALTER TABLE "t"
    ALTER COLUMN "d" TYPE numeric(12,2),
    ALTER COLUMN "d" SET DEFAULT 0;
