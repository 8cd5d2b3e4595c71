-- before
CREATE TABLE p (id int, x int);
CREATE TABLE q (id int, w text);
CREATE TABLE c (own int) INHERITS (p, q);

-- after
CREATE TABLE p (id bigint, x bigint, n int DEFAULT 1);
CREATE TABLE q (id bigint, w text, n int DEFAULT 1);
CREATE TABLE c (own int) INHERITS (p, q);

-- plan
-- Let table "c" no longer inherit from p
ALTER TABLE c NO INHERIT p;

-- Let table "c" no longer inherit from q
ALTER TABLE c NO INHERIT q;

-- Alter column "id" of table "c"
ALTER TABLE "c" ALTER COLUMN "id" TYPE bigint;

-- Alter column "x" of table "c"
ALTER TABLE "c" ALTER COLUMN "x" TYPE bigint;

-- Add column "n" to table "c"
ALTER TABLE "c" ADD COLUMN "n" integer DEFAULT 1;

-- Alter column "id" of table "p"
ALTER TABLE "p" ALTER COLUMN "id" TYPE bigint;

-- Alter column "x" of table "p"
ALTER TABLE "p" ALTER COLUMN "x" TYPE bigint;

-- Add column "n" to table "p"
ALTER TABLE "p" ADD COLUMN "n" integer DEFAULT 1;

-- Alter column "id" of table "q"
ALTER TABLE "q" ALTER COLUMN "id" TYPE bigint;

-- Add column "n" to table "q"
ALTER TABLE "q" ADD COLUMN "n" integer DEFAULT 1;

-- Let table "c" inherit from p
ALTER TABLE c INHERIT p;

-- Let table "c" inherit from q
ALTER TABLE c INHERIT q;
