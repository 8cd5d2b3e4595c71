-- before
CREATE TABLE t (a integer DEFAULT 1 NOT NULL, b varchar(10), c text, d numeric(8,2));
CREATE INDEX t_a ON t (a);

-- after
CREATE TABLE t (a bigint DEFAULT 2 NOT NULL, b varchar(20) NOT NULL, c jsonb, d numeric(12,2) DEFAULT 0);
CREATE INDEX t_a ON t (a);

-- plan
-- Alter table "t": change the type of columns "a", "b", "c", "d"; set the default of columns "a", "d"; forbid NULL in column "b"
ALTER TABLE "t"
    ALTER COLUMN "a" DROP DEFAULT,
    ALTER COLUMN "a" TYPE bigint,
    ALTER COLUMN "b" TYPE character varying(20),
    ALTER COLUMN "c" TYPE jsonb USING "c"::jsonb,
    ALTER COLUMN "d" TYPE numeric(12,2),
    ALTER COLUMN "a" SET DEFAULT 2,
    ALTER COLUMN "b" SET NOT NULL,
    ALTER COLUMN "d" SET DEFAULT 0;
