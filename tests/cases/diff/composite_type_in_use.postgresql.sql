-- before
CREATE TYPE spot AS (x integer, y integer, label text); CREATE TYPE line AS (start spot); CREATE DOMAIN place AS spot CHECK ((VALUE).x > 0); CREATE TABLE t (a spot, b spot[], c line, d place, computed integer GENERATED ALWAYS AS ((a).x) STORED); CREATE INDEX indexed ON t (((a).x)); CREATE FUNCTION f(p spot) RETURNS integer LANGUAGE sql AS 'SELECT p.x'; CREATE TYPE renamed AS (a integer, b text); CREATE TABLE u (r renamed);

-- after
CREATE TYPE spot AS (x integer, y integer, "Odd name" varchar(5) COLLATE "C", z numeric(3, 1)); CREATE TYPE line AS (start spot); CREATE DOMAIN place AS spot CHECK ((VALUE).x > 0); CREATE TABLE t (a spot, b spot[], c line, d place, computed integer GENERATED ALWAYS AS ((a).x) STORED); CREATE INDEX indexed ON t (((a).x)); CREATE FUNCTION f(p spot) RETURNS integer LANGUAGE sql AS 'SELECT p.x'; CREATE TYPE renamed AS (a integer, "B" text); CREATE TABLE u (r renamed);

-- plan
-- Alter composite type "spot": drop attribute label; add attribute "Odd name"; add attribute z
ALTER TYPE "spot"
    DROP ATTRIBUTE label,
    ADD ATTRIBUTE "Odd name" character varying(5) COLLATE "C",
    ADD ATTRIBUTE z numeric(3,1);

-- Drop index "indexed" of table "t"
DROP INDEX "indexed";

-- Drop column "computed" of table "t" and add it again
ALTER TABLE "t"
    DROP COLUMN "computed",
    ADD COLUMN "computed" integer GENERATED ALWAYS AS ((a).x) STORED;

-- Create index "indexed" on table "t"
CREATE INDEX "indexed" ON "t" USING btree (((a).x));

-- Rename attribute b of composite type "renamed" to "B"
ALTER TYPE "renamed"
    RENAME ATTRIBUTE b TO "B";
