-- before
CREATE DOMAIN amount AS integer CONSTRAINT low CHECK (VALUE > 0); CREATE TABLE t (a amount DEFAULT 1, b amount CHECK (b < 9)); CREATE INDEX t_a ON t (a);

-- after
CREATE DOMAIN amount AS bigint CONSTRAINT low CHECK (VALUE > 0); CREATE TABLE t (a amount DEFAULT 1, b amount CHECK (b < 9)); CREATE INDEX t_a ON t (a);

-- plan
-- Rename domain "amount" to "amount__old" to make room for its replacement
ALTER DOMAIN "amount" RENAME TO "amount__old";

-- Create domain "amount"
CREATE DOMAIN "amount" AS bigint CONSTRAINT low CHECK (VALUE > 0);

-- Drop check constraint "t_b_check" of table "t"
ALTER TABLE "t" DROP CONSTRAINT "t_b_check";

-- Alter column "a" of table "t": change the type; set the default
ALTER TABLE "t"
    ALTER COLUMN "a" DROP DEFAULT,
    ALTER COLUMN "a" TYPE amount,
    ALTER COLUMN "a" SET DEFAULT 1;

-- Change the type of column "b" of table "t"
ALTER TABLE "t" ALTER COLUMN "b" TYPE amount;

-- Add check constraint "t_b_check" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_b_check"
    CHECK (b::bigint < 9);

-- Drop domain "amount__old"
DROP DOMAIN "amount__old";
