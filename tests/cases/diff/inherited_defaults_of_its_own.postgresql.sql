-- before
CREATE TABLE p (id int, x int DEFAULT 1);
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE g (more int) INHERITS (c);
ALTER TABLE g ALTER x SET DEFAULT 5;

-- after
CREATE TABLE p (id int, x int DEFAULT 2, n text);
CREATE TABLE c (own bigint, z int) INHERITS (p);
CREATE TABLE g (more int) INHERITS (c);
ALTER TABLE c ALTER x SET DEFAULT 4;
ALTER TABLE g ALTER x SET DEFAULT 5;
ALTER TABLE g ALTER n SET DEFAULT 'g';

-- plan
-- Alter column "own" of table "c"
ALTER TABLE "c" ALTER COLUMN "own" TYPE bigint;

-- Add column "z" to table "c"
ALTER TABLE "c" ADD COLUMN "z" integer;

-- Alter column "x" of table "p"
ALTER TABLE "p" ALTER COLUMN "x" SET DEFAULT 2;

-- Alter column "x" of table "c"
ALTER TABLE "c" ALTER COLUMN "x" SET DEFAULT 4;

-- Alter column "x" of table "g"
ALTER TABLE "g" ALTER COLUMN "x" SET DEFAULT 5;

-- Add column "n" to table "p"
ALTER TABLE "p" ADD COLUMN "n" text;

-- Alter column "n" of table "g"
ALTER TABLE "g" ALTER COLUMN "n" SET DEFAULT 'g'::text;
