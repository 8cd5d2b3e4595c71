-- before
CREATE TABLE t (a integer, gone boolean, CONSTRAINT t_a_unique UNIQUE (a));

-- after
CREATE TABLE t (a integer, gone boolean);
CREATE UNIQUE INDEX t_a_unique ON t (a) WHERE NOT gone;

-- plan
-- Drop unique constraint "t_a_unique" of table "t"
ALTER TABLE "t" DROP CONSTRAINT "t_a_unique";

-- Create unique index "t_a_unique" on table "t"
CREATE UNIQUE INDEX "t_a_unique" ON "t" USING btree (a) WHERE NOT gone;
