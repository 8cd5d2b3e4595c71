-- before
CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT a'; CREATE DOMAIN d AS integer CHECK (f(VALUE) > 0); CREATE DOMAIN dd AS d CHECK (f(VALUE) < 9); CREATE TABLE t (x d, y dd);

-- after
CREATE FUNCTION f(b integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT b'; CREATE DOMAIN d AS integer NOT NULL CHECK (f(VALUE) > 1); CREATE DOMAIN dd AS d CHECK (f(VALUE) < 9); CREATE TABLE t (x d, y dd);

-- plan
-- Drop check d_check of domain "d"
ALTER DOMAIN "d" DROP CONSTRAINT d_check;

-- Drop check dd_check of domain "dd"
ALTER DOMAIN "dd" DROP CONSTRAINT dd_check;

-- Drop function "f"
DROP FUNCTION f(integer);

-- Create function "f"
CREATE OR REPLACE FUNCTION f(b integer)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT b$function$;

-- Set NOT NULL of domain "d"
ALTER DOMAIN "d" SET NOT NULL;

-- Add check d_check to domain "d"
ALTER DOMAIN "d" ADD CONSTRAINT d_check CHECK (f(VALUE) > 1);

-- Add check dd_check to domain "dd"
ALTER DOMAIN "dd" ADD CONSTRAINT dd_check CHECK (f(VALUE::integer) < 9);
