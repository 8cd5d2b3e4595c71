-- before
CREATE TABLE p (id int, x int, CONSTRAINT k CHECK (x > 1));
CREATE TABLE c (own int) INHERITS (p);

-- after
CREATE TABLE p (id bigint, z text, CONSTRAINT k CHECK (id > 1));
CREATE TABLE c (id int, x int, own bigint, CONSTRAINT k CHECK (x > 1));

-- plan
-- Let table "c" no longer inherit from p
ALTER TABLE c NO INHERIT p;

-- Drop check constraint "k" of table "p"
ALTER TABLE "p" DROP CONSTRAINT "k";

-- Alter column "own" of table "c"
ALTER TABLE "c" ALTER COLUMN "own" TYPE bigint;

-- Alter column "id" of table "p"
ALTER TABLE "p" ALTER COLUMN "id" TYPE bigint;

-- Drop column "x" of table "p"
ALTER TABLE "p" DROP COLUMN "x";

-- Add check constraint "k" to table "p"
ALTER TABLE "p" ADD CONSTRAINT "k"
    CHECK (id > 1);

-- Add column "z" to table "p"
ALTER TABLE "p" ADD COLUMN "z" text;
