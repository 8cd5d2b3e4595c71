-- before
CREATE TABLE t (a int);

-- after
SET check_function_bodies = off; CREATE FUNCTION a(n int) RETURNS int LANGUAGE sql AS 'SELECT CASE WHEN n = 0 THEN 0 ELSE b(n - 1) END'; CREATE FUNCTION b(n int) RETURNS int LANGUAGE sql AS 'SELECT CASE WHEN n = 0 THEN 1 ELSE a(n - 1) END'; CREATE TABLE t (a int DEFAULT a(3));

-- plan
-- Do not check the body of the next function: it names a later one
SET check_function_bodies = off;

-- Create function "b"
CREATE OR REPLACE FUNCTION b(n integer)
 RETURNS integer
 LANGUAGE sql
AS $function$SELECT CASE WHEN n = 0 THEN 1 ELSE a(n - 1) END$function$;

-- Check the bodies of functions again
RESET check_function_bodies;

-- Create function "a"
CREATE OR REPLACE FUNCTION a(n integer)
 RETURNS integer
 LANGUAGE sql
AS $function$SELECT CASE WHEN n = 0 THEN 0 ELSE b(n - 1) END$function$;

-- Set the default of column "a" of table "t"
ALTER TABLE "t" ALTER COLUMN "a" SET DEFAULT a(3);
