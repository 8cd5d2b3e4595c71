-- before
CREATE TABLE p (id int, x int, CONSTRAINT k CHECK (x > 1));
CREATE TABLE c (own int) INHERITS (p);

-- after
CREATE TABLE p (id bigint, z text, CONSTRAINT k CHECK (id > 1));
CREATE TABLE c (id int, x int, own bigint, CONSTRAINT k CHECK (x > 1));

-- plan
-- Let table "c" no longer inherit from p
ALTER TABLE c NO INHERIT p;

-- Change the type of column "own" of table "c"
ALTER TABLE "c" ALTER COLUMN "own" TYPE bigint;

-- Alter table "p": drop check constraint "k"; drop column "x"; change the type of column "id"; add column "z"; add check constraint "k"
ALTER TABLE "p"
    DROP CONSTRAINT "k",
    DROP COLUMN "x",
    ALTER COLUMN "id" TYPE bigint,
    ADD COLUMN "z" text,
    ADD CONSTRAINT "k" CHECK (id > 1);
