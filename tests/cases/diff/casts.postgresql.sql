-- before
CREATE TABLE t (a int);

-- after
CREATE TYPE c AS (a int); CREATE FUNCTION toc(int) RETURNS c LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1)::c'; CREATE CAST (int AS c) WITH FUNCTION toc(int) AS IMPLICIT; CREATE TABLE t (a int, b c DEFAULT 3);

-- plan
-- Create composite type "c"
CREATE TYPE c AS (a integer);

-- Create function "toc"
CREATE OR REPLACE FUNCTION toc(integer)
 RETURNS c
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT ROW($1)::c$function$;

-- Create cast "(integer AS c)"
CREATE CAST (integer AS c) WITH FUNCTION toc(integer) AS IMPLICIT;

-- Add column "b" to table "t"
ALTER TABLE "t" ADD COLUMN "b" c DEFAULT 3;
