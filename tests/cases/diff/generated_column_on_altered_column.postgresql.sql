-- before
CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX t_b ON t (b);

-- after
CREATE TABLE t (a bigint, b bigint GENERATED ALWAYS AS (a * 2) STORED); CREATE INDEX t_b ON t (b);

-- plan
-- Drop index "t_b" of "t"
DROP INDEX "t_b";

-- Drop column "b" of table "t"
ALTER TABLE "t" DROP COLUMN "b";

-- Alter column "a" of table "t"
ALTER TABLE "t" ALTER COLUMN "a" TYPE bigint;

-- Add column "b" to table "t"
ALTER TABLE "t" ADD COLUMN "b" bigint GENERATED ALWAYS AS (a * 2) STORED;

-- Create index "t_b" on table "t"
CREATE INDEX "t_b" ON "t" USING btree (b);
