-- before
CREATE COLLATION own (provider = libc, locale = 'C'); CREATE TABLE t (a text COLLATE own, b integer, c text); CREATE INDEX t_c ON t (c COLLATE own); CREATE INDEX t_a ON t (a);

-- after
CREATE COLLATION own (provider = libc, locale = 'POSIX'); CREATE TABLE t (a text COLLATE own, b integer, c text); CREATE INDEX t_c ON t (c COLLATE own); CREATE INDEX t_a ON t (a);

-- plan
-- Drop index "t_a" of table "t"
DROP INDEX "t_a";

-- Drop index "t_c" of table "t"
DROP INDEX "t_c";

-- Rename collation "own" to "own__old" to make room for its replacement
ALTER COLLATION "own" RENAME TO "own__old";

-- Create collation "own"
CREATE COLLATION "own" (provider = libc, locale = 'POSIX');

-- Change the type of column "a" of table "t"
ALTER TABLE "t" ALTER COLUMN "a" TYPE text COLLATE own;

-- Create index "t_a" on table "t"
CREATE INDEX "t_a" ON "t" USING btree (a);

-- Create index "t_c" on table "t"
CREATE INDEX "t_c" ON "t" USING btree (c COLLATE own);

-- Drop collation "own__old"
DROP COLLATION "own__old";
