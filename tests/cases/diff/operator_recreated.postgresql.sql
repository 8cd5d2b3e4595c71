-- before
CREATE FUNCTION eqx(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2'; CREATE FUNCTION neq(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> $2'; CREATE OPERATOR === (function = eqx, leftarg = int, rightarg = int, commutator = ===, negator = !==); CREATE OPERATOR !== (function = neq, leftarg = int, rightarg = int, commutator = !==, negator = ===); CREATE DOMAIN d AS int CHECK (VALUE !== 4); CREATE TABLE t (id int, b boolean DEFAULT 3 === 4, n int CHECK (n === 3), g boolean GENERATED ALWAYS AS (id === 3) STORED, d d); CREATE INDEX i ON t ((n === id));

-- after
CREATE FUNCTION eqx(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2'; CREATE FUNCTION neq(a int, b int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 <> $2'; CREATE OPERATOR === (function = eqx, leftarg = int, rightarg = int, commutator = ===, negator = !==, restrict = eqsel, hashes); CREATE OPERATOR !== (function = neq, leftarg = int, rightarg = int, commutator = !==, negator = ===); CREATE DOMAIN d AS int CHECK (VALUE !== 4); CREATE TABLE t (id int, b boolean DEFAULT 3 === 4, n int CHECK (n === 3), g boolean GENERATED ALWAYS AS (id === 3) STORED, d d); CREATE INDEX i ON t ((n === id));

-- plan
-- Drop check d_check of domain "d"
ALTER DOMAIN "d" DROP CONSTRAINT d_check;

-- Drop operator "!=="
DROP OPERATOR !==(integer,integer);

-- Drop function "neq"
DROP FUNCTION neq(integer,integer);

-- Create function "neq"
CREATE OR REPLACE FUNCTION neq(a integer, b integer)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT $1 <> $2$function$;

-- Create operator "!=="
CREATE OPERATOR !== (FUNCTION = neq, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = OPERATOR(!==), NEGATOR = OPERATOR(===));

-- Add check d_check to domain "d"
ALTER DOMAIN "d" ADD CONSTRAINT d_check CHECK (VALUE !== 4);

-- Drop index "i" of table "t"
DROP INDEX "i";

-- Alter table "t": drop check constraint "t_n_check"; drop the default of column "b"; drop column "g"
ALTER TABLE "t"
    DROP CONSTRAINT "t_n_check",
    ALTER COLUMN "b" DROP DEFAULT,
    DROP COLUMN "g";

-- Drop operator "==="
DROP OPERATOR ===(integer,integer);

-- Create operator "==="
CREATE OPERATOR === (FUNCTION = eqx, LEFTARG = integer, RIGHTARG = integer, COMMUTATOR = OPERATOR(===), NEGATOR = OPERATOR(!==), RESTRICT = eqsel, HASHES);

-- Alter table "t": add column "g"; set the default of column "b"; add check constraint "t_n_check"
ALTER TABLE "t"
    ADD COLUMN "g" boolean GENERATED ALWAYS AS (id === 3) STORED,
    ALTER COLUMN "b" SET DEFAULT (3 === 4),
    ADD CONSTRAINT "t_n_check" CHECK (n === 3);

-- Create index "i" on table "t"
CREATE INDEX "i" ON "t" USING btree ((n === id));
