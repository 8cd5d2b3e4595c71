-- before
CREATE TABLE t (a int);

-- after
CREATE TEXT SEARCH PARSER p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, headline = prsd_headline, lextypes = prsd_lextype); CREATE TEXT SEARCH TEMPLATE tt (init = dsimple_init, lexize = dsimple_lexize); CREATE TEXT SEARCH DICTIONARY d (template = tt); CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = p); CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; CREATE LANGUAGE l2 HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator; CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler; CREATE ACCESS METHOD bt2 TYPE INDEX HANDLER bthandler; CREATE FUNCTION lf() RETURNS int LANGUAGE l2 AS 'BEGIN RETURN 1; END'; CREATE TABLE t (a int);

-- plan
-- Create access method "bt2"
CREATE ACCESS METHOD bt2 TYPE INDEX HANDLER bthandler;

-- Create conversion "conv"
CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- Create access method "heap2"
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;

-- Create language "l2"
CREATE LANGUAGE l2 HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;

-- Create function "lf"
CREATE OR REPLACE FUNCTION lf()
 RETURNS integer
 LANGUAGE l2
AS $function$BEGIN RETURN 1; END$function$;

-- Create text search parser "p"
CREATE TEXT SEARCH PARSER p (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, HEADLINE = prsd_headline, LEXTYPES = prsd_lextype);

-- Create text search configuration "cfg"
CREATE TEXT SEARCH CONFIGURATION cfg (PARSER = p);

-- Create text search template "tt"
CREATE TEXT SEARCH TEMPLATE tt (INIT = dsimple_init, LEXIZE = dsimple_lexize);

-- Create text search dictionary "d"
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = tt);
