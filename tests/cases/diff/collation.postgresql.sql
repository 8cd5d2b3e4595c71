-- before
CREATE TABLE t (a text);

-- after
CREATE COLLATION german (provider = icu, locale = 'de'); CREATE TABLE t (a text COLLATE german, b varchar(5) COLLATE "C");

-- plan
-- Create collation "german"
CREATE COLLATION "german" (provider = icu, locale = 'de');

-- Alter column "a" of table "t"
ALTER TABLE "t" ALTER COLUMN "a" TYPE text COLLATE german;

-- Add column "b" to table "t"
ALTER TABLE "t" ADD COLUMN "b" character varying(5) COLLATE "C";
