-- before
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a'; CREATE FUNCTION g(a integer DEFAULT f(1)) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a'; CREATE DOMAIN positive AS integer DEFAULT f(1) NOT NULL CONSTRAINT above CHECK (f(VALUE) > 0) CONSTRAINT below CHECK (VALUE < 100); CREATE TABLE t (a integer DEFAULT f(1), b integer DEFAULT g(), c positive, computed integer GENERATED ALWAYS AS (f(a)) STORED, retyped integer DEFAULT f(2), CONSTRAINT checked CHECK (f(a) > 0)); CREATE INDEX indexed ON t (computed); CREATE INDEX called ON t (f(a)); CREATE STATISTICS related ON (f(a)), b FROM t;

-- after
CREATE FUNCTION f(a integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a'; CREATE FUNCTION g(a integer DEFAULT f(1)) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a'; CREATE DOMAIN positive AS integer DEFAULT f(1) NOT NULL CONSTRAINT above CHECK (f(VALUE) > 0) CONSTRAINT below CHECK (VALUE < 100); CREATE TABLE t (a integer DEFAULT f(1), b integer DEFAULT g(), c positive, computed integer GENERATED ALWAYS AS (f(a)) STORED, retyped bigint DEFAULT f(2), CONSTRAINT checked CHECK (f(a) > 0)); CREATE INDEX indexed ON t (computed); CREATE INDEX called ON t (f(a)); CREATE STATISTICS related ON (f(a)), b FROM t;

-- plan
-- Drop the default of domain "positive"
ALTER DOMAIN "positive" DROP DEFAULT;

-- Drop check above of domain "positive"
ALTER DOMAIN "positive" DROP CONSTRAINT above;

-- Drop index "called" of table "t"
DROP INDEX "called";

-- Drop index "indexed" of table "t"
DROP INDEX "indexed";

-- Drop statistics "related" of table "t"
DROP STATISTICS related;

-- Alter table "t": drop check constraint "checked"; drop the default of columns "a", "b", "retyped"; drop column "computed"
ALTER TABLE "t"
    DROP CONSTRAINT "checked",
    ALTER COLUMN "a" DROP DEFAULT,
    ALTER COLUMN "b" DROP DEFAULT,
    DROP COLUMN "computed",
    ALTER COLUMN "retyped" DROP DEFAULT;

-- Drop function "g"
DROP FUNCTION g(integer);

-- Drop function "f"
DROP FUNCTION f(integer);

-- Create function "f"
CREATE OR REPLACE FUNCTION f(a integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT a$function$;

-- Set the default of domain "positive"
ALTER DOMAIN "positive" SET DEFAULT f(1);

-- Add check above to domain "positive"
ALTER DOMAIN "positive" ADD CONSTRAINT above CHECK (f(VALUE) > 0);

-- Alter table "t": change the type of column "retyped"; set the default of columns "a", "retyped"; add check constraint "checked"
ALTER TABLE "t"
    ALTER COLUMN "retyped" TYPE bigint,
    ALTER COLUMN "a" SET DEFAULT f(1),
    ALTER COLUMN "retyped" SET DEFAULT f(2),
    ADD CONSTRAINT "checked" CHECK (f(a) > 0);

-- Add column "computed" to table "t"
ALTER TABLE "t" ADD COLUMN "computed" integer GENERATED ALWAYS AS (f(a)) STORED;

-- Create index "called" on table "t"
CREATE INDEX "called" ON "t" USING btree (f(a));

-- Create index "indexed" on table "t"
CREATE INDEX "indexed" ON "t" USING btree (computed);

-- Create function "g"
CREATE OR REPLACE FUNCTION g(a integer DEFAULT f(1))
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT a$function$;

-- Set the default of column "b" of table "t"
ALTER TABLE "t" ALTER COLUMN "b" SET DEFAULT g();

-- Create statistics "related" of table "t"
CREATE STATISTICS related ON b, f(a) FROM t;
