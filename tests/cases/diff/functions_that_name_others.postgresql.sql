-- before
CREATE TABLE "Kept" (a integer);

-- after
CREATE TABLE "Kept" (a integer); CREATE TABLE zone (a integer); CREATE FUNCTION first() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM "Kept" $$; CREATE FUNCTION second() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN first() + (SELECT count(*) FROM zone); END'; CREATE FUNCTION any_of() RETURNS bigint LANGUAGE sql AS 'SELECT Second()'; CREATE FUNCTION odd(n integer) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN n > 0 AND even(n - 1); END'; CREATE FUNCTION even(n integer) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN n = 0 OR odd(n - 1); END'; ALTER TABLE zone ADD COLUMN b bigint DEFAULT second();

-- plan
-- Create function "first"
CREATE OR REPLACE FUNCTION first()
 RETURNS bigint
 LANGUAGE sql
AS $function$ SELECT count(*) FROM "Kept" $function$;

-- Create function "second"
CREATE OR REPLACE FUNCTION second()
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$BEGIN RETURN first() + (SELECT count(*) FROM zone); END$function$;

-- Create table "zone"
CREATE TABLE "zone" (
    "a" integer,
    "b" bigint DEFAULT second()
);

-- Create function "any_of"
CREATE OR REPLACE FUNCTION any_of()
 RETURNS bigint
 LANGUAGE sql
AS $function$SELECT Second()$function$;

-- Create function "odd"
CREATE OR REPLACE FUNCTION odd(n integer)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$BEGIN RETURN n > 0 AND even(n - 1); END$function$;

-- Create function "even"
CREATE OR REPLACE FUNCTION even(n integer)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$BEGIN RETURN n = 0 OR odd(n - 1); END$function$;
