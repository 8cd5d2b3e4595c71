-- before
CREATE TABLE x (a int);

-- after
CREATE TYPE c AS (a int); CREATE FUNCTION ccmp(c, c) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0'; CREATE FUNCTION clt(c, c) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE OPERATOR <<~ (function = clt, leftarg = c, rightarg = c); CREATE OPERATOR CLASS c_ops DEFAULT FOR TYPE c USING btree AS OPERATOR 1 <<~, FUNCTION 1 ccmp(c, c); CREATE TABLE x (a int, b c PRIMARY KEY);

-- plan
-- Create composite type "c"
CREATE TYPE c AS (a integer);

-- Create operator family "c_ops"
CREATE OPERATOR FAMILY c_ops USING btree;

-- Create function "ccmp"
CREATE OR REPLACE FUNCTION ccmp(c, c)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT 0$function$;

-- Create function "clt"
CREATE OR REPLACE FUNCTION clt(c, c)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT true$function$;

-- Create operator "<<~"
CREATE OPERATOR <<~ (FUNCTION = clt, LEFTARG = c, RIGHTARG = c);

-- Create operator class "c_ops"
CREATE OPERATOR CLASS c_ops DEFAULT FOR TYPE c USING btree FAMILY c_ops AS OPERATOR 1 <<~(c,c), FUNCTION 1 (c, c) ccmp(c,c), STORAGE c;

-- Alter table "x": add column "b"; add primary key "x_pkey"
ALTER TABLE "x"
    ADD COLUMN "b" c NOT NULL,
    ADD CONSTRAINT "x_pkey" PRIMARY KEY (b);
