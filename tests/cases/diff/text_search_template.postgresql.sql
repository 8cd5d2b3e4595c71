-- before
CREATE TEXT SEARCH DICTIONARY d (template = simple, stopwords = english); CREATE TEXT SEARCH CONFIGURATION cfg (COPY = pg_catalog.simple); ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR word WITH d; COMMENT ON TEXT SEARCH CONFIGURATION cfg IS 'x'; CREATE TABLE t (body text); CREATE INDEX i ON t USING gin (to_tsvector('cfg', body));

-- after
CREATE TEXT SEARCH DICTIONARY d (template = snowball, language = 'german'); CREATE TEXT SEARCH CONFIGURATION cfg (COPY = pg_catalog.simple); ALTER TEXT SEARCH CONFIGURATION cfg ALTER MAPPING FOR word WITH d; COMMENT ON TEXT SEARCH CONFIGURATION cfg IS 'x'; CREATE TABLE t (body text); CREATE INDEX i ON t USING gin (to_tsvector('cfg', body));

-- plan
-- Drop text search mapping for asciihword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR asciihword;

-- Drop text search mapping for asciiword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR asciiword;

-- Drop text search mapping for email of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR email;

-- Drop text search mapping for file of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR file;

-- Drop text search mapping for float of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR "float";

-- Drop text search mapping for host of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR host;

-- Drop text search mapping for hword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR hword;

-- Drop text search mapping for hword_asciipart of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR hword_asciipart;

-- Drop text search mapping for hword_numpart of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR hword_numpart;

-- Drop text search mapping for hword_part of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR hword_part;

-- Drop text search mapping for int of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR "int";

-- Drop text search mapping for numhword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR numhword;

-- Drop text search mapping for numword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR numword;

-- Drop text search mapping for sfloat of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR sfloat;

-- Drop text search mapping for uint of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR uint;

-- Drop text search mapping for url of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR url;

-- Drop text search mapping for url_path of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR url_path;

-- Drop text search mapping for version of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR version;

-- Drop text search mapping for word of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg DROP MAPPING FOR word;

-- Drop text search dictionary "d"
DROP TEXT SEARCH DICTIONARY d;

-- Create text search dictionary "d"
CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = pg_catalog.snowball, language = 'german');

-- Create text search mapping for asciihword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR asciihword WITH simple;

-- Create text search mapping for asciiword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR asciiword WITH simple;

-- Create text search mapping for email of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR email WITH simple;

-- Create text search mapping for file of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR file WITH simple;

-- Create text search mapping for float of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR "float" WITH simple;

-- Create text search mapping for host of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR host WITH simple;

-- Create text search mapping for hword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR hword WITH simple;

-- Create text search mapping for hword_asciipart of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR hword_asciipart WITH simple;

-- Create text search mapping for hword_numpart of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR hword_numpart WITH simple;

-- Create text search mapping for hword_part of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR hword_part WITH simple;

-- Create text search mapping for int of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR "int" WITH simple;

-- Create text search mapping for numhword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR numhword WITH simple;

-- Create text search mapping for numword of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR numword WITH simple;

-- Create text search mapping for sfloat of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR sfloat WITH simple;

-- Create text search mapping for uint of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR uint WITH simple;

-- Create text search mapping for url of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR url WITH simple;

-- Create text search mapping for url_path of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR url_path WITH simple;

-- Create text search mapping for version of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR version WITH simple;

-- Create text search mapping for word of "cfg"
ALTER TEXT SEARCH CONFIGURATION cfg ADD MAPPING FOR word WITH d;
