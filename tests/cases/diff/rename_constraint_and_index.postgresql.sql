-- before
CREATE TABLE t (a integer CONSTRAINT old_positive CHECK (a > 0), b integer CONSTRAINT old_unique UNIQUE);
CREATE INDEX old_index ON t (a DESC);
CREATE TABLE u (b integer CONSTRAINT old_fk REFERENCES t (b) ON DELETE CASCADE);

-- after
CREATE TABLE t (a integer CONSTRAINT new_positive CHECK (a > 0), b integer CONSTRAINT new_unique UNIQUE);
CREATE INDEX new_index ON t (a DESC);
CREATE TABLE u (b integer CONSTRAINT new_fk REFERENCES t (b) ON DELETE CASCADE);

-- plan
-- Rename foreign key "old_fk" of table "u" to "new_fk"
ALTER TABLE "u" RENAME CONSTRAINT "old_fk" TO "new_fk";

-- Rename check constraint "old_positive" of table "t" to "new_positive"
ALTER TABLE "t" RENAME CONSTRAINT "old_positive" TO "new_positive";

-- Rename unique constraint "old_unique" of table "t" to "new_unique"
ALTER TABLE "t" RENAME CONSTRAINT "old_unique" TO "new_unique";

-- Rename index "old_index" to "new_index"
ALTER INDEX "old_index" RENAME TO "new_index";
