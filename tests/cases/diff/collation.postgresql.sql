-- before
CREATE TABLE t (a text);

-- after
CREATE COLLATION german (provider = icu, locale = 'de'); CREATE TABLE t (a text COLLATE german, b varchar(5) COLLATE "C");

-- plan
-- Create collation "german"
CREATE COLLATION "german" (provider = icu, locale = 'de');

-- Alter table "t": change the type of column "a"; add column "b"
ALTER TABLE "t"
    ALTER COLUMN "a" TYPE text COLLATE german,
    ADD COLUMN "b" character varying(5) COLLATE "C";
