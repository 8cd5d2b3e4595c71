-- before
CREATE TEXT SEARCH DICTIONARY d (template = simple, stopwords = english); CREATE TEXT SEARCH CONFIGURATION cfg (COPY = pg_catalog.english); ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR word, asciiword WITH d, simple; CREATE TABLE t (id int, body text, g tsvector GENERATED ALWAYS AS (to_tsvector('cfg'::regconfig, body)) STORED); CREATE INDEX i ON t USING gin (to_tsvector('cfg', body));

-- after
CREATE TEXT SEARCH DICTIONARY d (template = simple, accept = false); CREATE TEXT SEARCH DICTIONARY "Odd, d" (template = pg_catalog.snowball, language = 'german'); CREATE TEXT SEARCH CONFIGURATION cfg (COPY = pg_catalog.english); ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR word WITH "Odd, d", simple; ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR email; CREATE TABLE t (id int, body text, g tsvector GENERATED ALWAYS AS (to_tsvector('cfg'::regconfig, body)) STORED); CREATE INDEX i ON t USING gin (to_tsvector('cfg', body)); CREATE SCHEMA s; CREATE TEXT SEARCH CONFIGURATION s.empty (PARSER = "default");

-- plan
-- Drop text search mapping for asciiword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR asciiword;

-- Drop text search mapping for email of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR email;

-- Drop text search mapping for word of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR word;

-- Create schema "s"
CREATE SCHEMA "s";

-- Create text search dictionary "Odd, d"
CREATE TEXT SEARCH DICTIONARY "Odd, d" (TEMPLATE = pg_catalog.snowball, language = 'german');

-- Create text search mapping for asciiword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR asciiword WITH english_stem;

-- Create text search mapping for word of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR word WITH "Odd, d", simple;

-- Set the options of text search dictionary "d"
ALTER TEXT SEARCH DICTIONARY "d" (stopwords, accept = 'false');

-- Create text search configuration "empty"
CREATE TEXT SEARCH CONFIGURATION s.empty (PARSER = pg_catalog."default");
