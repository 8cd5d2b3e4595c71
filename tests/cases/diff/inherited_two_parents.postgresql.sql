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

-- Alter table "c": change the type of columns "id", "x"; add column "n"
ALTER TABLE "c"
    ALTER COLUMN "id" TYPE bigint,
    ALTER COLUMN "x" TYPE bigint,
    ADD COLUMN "n" integer DEFAULT 1;

-- Alter table "p": change the type of columns "id", "x"; add column "n"
ALTER TABLE "p"
    ALTER COLUMN "id" TYPE bigint,
    ALTER COLUMN "x" TYPE bigint,
    ADD COLUMN "n" integer DEFAULT 1;

-- Alter table "q": change the type of column "id"; add column "n"
ALTER TABLE "q"
    ALTER COLUMN "id" TYPE bigint,
    ADD COLUMN "n" integer DEFAULT 1;

-- Let table "c" inherit from p
ALTER TABLE c INHERIT p;

-- Let table "c" inherit from q
ALTER TABLE c INHERIT q;
