-- before
CREATE TYPE spot AS (x integer, y integer, label text); CREATE TYPE line AS (start spot); CREATE DOMAIN place AS spot CHECK ((VALUE).x > 0); CREATE TABLE t (a spot, b spot[], c line, d place, computed integer GENERATED ALWAYS AS ((a).x) STORED); CREATE INDEX indexed ON t (((a).x)); CREATE FUNCTION f(p spot) RETURNS integer LANGUAGE sql AS 'SELECT p.x'; CREATE TYPE renamed AS (a integer, b text); CREATE TABLE u (r renamed);

-- after
CREATE TYPE spot AS (x integer, y integer, "Odd name" varchar(5) COLLATE "C", z numeric(3, 1)); CREATE TYPE line AS (start spot); CREATE DOMAIN place AS spot CHECK ((VALUE).x > 0); CREATE TABLE t (a spot, b spot[], c line, d place, computed integer GENERATED ALWAYS AS ((a).x) STORED); CREATE INDEX indexed ON t (((a).x)); CREATE FUNCTION f(p spot) RETURNS integer LANGUAGE sql AS 'SELECT p.x'; CREATE TYPE renamed AS (a integer, "B" text); CREATE TABLE u (r renamed);

-- plan
-- Drop index "indexed" of "t"
DROP INDEX "indexed";

-- Drop column "computed" of table "t"
ALTER TABLE "t" DROP COLUMN "computed";

-- Alter composite type "renamed"
ALTER TYPE "renamed"
    RENAME ATTRIBUTE b TO "B";

-- Alter composite type "spot"
ALTER TYPE "spot"
    DROP ATTRIBUTE label,
    ADD ATTRIBUTE "Odd name" character varying(5) COLLATE "C",
    ADD ATTRIBUTE z numeric(3,1);

-- Add column "computed" to table "t"
ALTER TABLE "t" ADD COLUMN "computed" integer GENERATED ALWAYS AS ((a).x) STORED;

-- Create index "indexed" on table "t"
CREATE INDEX "indexed" ON "t" USING btree (((a).x));
