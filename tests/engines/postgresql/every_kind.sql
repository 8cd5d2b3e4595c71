-- What everything.sql leaves out: kinds that only an administrator makes, or that stand in
-- the way of a copy.
CREATE TYPE base;
CREATE FUNCTION base_in(cstring) RETURNS base
    LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION base_out(base) RETURNS cstring
    LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE base (input = base_in, output = base_out, like = integer);

CREATE LANGUAGE spoken HANDLER plpgsql_call_handler;
CREATE ACCESS METHOD pile TYPE TABLE HANDLER heap_tableam_handler;
CREATE TRANSFORM FOR integer LANGUAGE sql (
    FROM SQL WITH FUNCTION prsd_lextype(internal),
    TO SQL WITH FUNCTION int4recv(internal));
CREATE CONVERSION from_latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH PARSER words (
    start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE plain_words (lexize = dsimple_lexize);
CREATE OPERATOR FAMILY wide USING btree;
ALTER OPERATOR FAMILY wide USING btree ADD OPERATOR 1 < (integer, bigint);

CREATE TYPE pair AS (a integer, b integer);
CREATE TABLE paired OF pair USING pile;
ALTER TABLE "Other".customer ENABLE ALWAYS RULE kept;

CREATE TABLE whole (a integer, b integer) PARTITION BY LIST (a);
CREATE TABLE whole_1 PARTITION OF whole FOR VALUES IN (1);
CREATE SEQUENCE whole_1_b OWNED BY whole_1.b;
ALTER TABLE whole_1 ALTER b SET NOT NULL;
CREATE TABLE whole_2 PARTITION OF whole FOR VALUES IN (2);
CREATE INDEX waits ON ONLY whole (b);
CREATE INDEX whole_1_waits ON whole_1 (b);
ALTER INDEX waits ATTACH PARTITION whole_1_waits;
ALTER TABLE event_rest DISABLE TRIGGER event_touched;
