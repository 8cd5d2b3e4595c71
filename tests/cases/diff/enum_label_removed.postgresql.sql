-- before
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE TABLE t (m mood DEFAULT 'ok' NOT NULL CHECK (m <> 'happy'), n mood[], k integer, g boolean GENERATED ALWAYS AS (m = 'ok') STORED, gone mood, plain mood); CREATE TABLE dropped (m mood); CREATE INDEX t_m ON t (m); CREATE INDEX t_k ON t (k) WHERE m = 'ok'; CREATE FUNCTION named(m mood) RETURNS text LANGUAGE sql AS 'SELECT m::text'; CREATE VIEW v AS SELECT named(m) AS name, m FROM t; COMMENT ON TYPE mood IS 'kept';

-- after
CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE TABLE t (m mood DEFAULT 'ok' NOT NULL CHECK (m <> 'sad'), n mood[], k integer, g boolean GENERATED ALWAYS AS (m = 'ok') STORED, plain text, new mood); CREATE INDEX t_m ON t (m); CREATE INDEX t_k ON t (k) WHERE m = 'ok'; CREATE FUNCTION named(m mood) RETURNS text LANGUAGE sql AS 'SELECT m::text'; CREATE VIEW v AS SELECT named(m) AS name, m FROM t; COMMENT ON TYPE mood IS 'kept';
