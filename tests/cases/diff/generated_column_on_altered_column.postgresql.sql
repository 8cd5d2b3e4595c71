-- before
CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX t_b ON t (b);

-- after
CREATE TABLE t (a bigint, b bigint GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX t_b ON t (b);

-- plan
-- Drop index "t_b" of table "t"
DROP INDEX "t_b";

-- Alter table "t": drop column "b"; change the type of column "a"; add column "b"
ALTER TABLE "t"
    DROP COLUMN "b",
    ALTER COLUMN "a" TYPE bigint,
    ADD COLUMN "b" bigint GENERATED ALWAYS AS (a * 2) STORED;

-- Create index "t_b" on table "t"
CREATE INDEX "t_b" ON "t" USING btree (b);
