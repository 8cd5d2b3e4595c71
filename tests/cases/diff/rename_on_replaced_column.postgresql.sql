-- before
CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED);
CREATE INDEX old_name ON t (b);

-- after
CREATE TABLE t (a integer, b integer GENERATED ALWAYS AS (a * 3) STORED);
CREATE INDEX new_name ON t (b);

-- plan
-- Drop index "old_name" of table "t"
DROP INDEX "old_name";

-- Drop column "b" of table "t" and add it again
ALTER TABLE "t"
    DROP COLUMN "b",
    ADD COLUMN "b" integer GENERATED ALWAYS AS (a * 3) STORED;

-- Create index "new_name" on table "t"
CREATE INDEX "new_name" ON "t" USING btree (b);
