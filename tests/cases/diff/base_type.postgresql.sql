-- before


-- after
CREATE TYPE number;
CREATE FUNCTION number_in(cstring) RETURNS number LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION number_out(number) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE number (INPUT = number_in, OUTPUT = number_out, LIKE = int4, CATEGORY = 'N', DEFAULT = '7');
CREATE FUNCTION twice(number) RETURNS text LANGUAGE sql AS 'SELECT $1::text || $1::text';
CREATE TABLE t (id number NOT NULL);

-- plan
-- Create type "number"
CREATE TYPE number;

-- Create type "number"
CREATE OR REPLACE FUNCTION number_in(cstring)
 RETURNS number
 LANGUAGE internal
 IMMUTABLE STRICT
AS $function$int4in$function$;

-- Create type "number"
CREATE OR REPLACE FUNCTION number_out(number)
 RETURNS cstring
 LANGUAGE internal
 IMMUTABLE STRICT
AS $function$int4out$function$;

-- Create type "number"
CREATE TYPE number (
    INPUT = number_in,
    OUTPUT = number_out,
    INTERNALLENGTH = 4,
    PASSEDBYVALUE,
    ALIGNMENT = int4,
    STORAGE = plain,
    CATEGORY = 'N',
    DEFAULT = '7',
    DELIMITER = ','
);

-- Create table "t"
CREATE TABLE "t" (
    "id" number NOT NULL
);

-- Create function "twice"
CREATE OR REPLACE FUNCTION twice(number)
 RETURNS text
 LANGUAGE sql
AS $function$SELECT $1::text || $1::text$function$;

-- back
-- type number cannot be dropped automatically
