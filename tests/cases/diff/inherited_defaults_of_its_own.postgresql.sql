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
-- Alter table "p": add column "n"; set the default of column "x"
ALTER TABLE "p"
    ADD COLUMN "n" text,
    ALTER COLUMN "x" SET DEFAULT 2;

-- Alter table "c": change the type of column "own"; add column "z"; set the default of column "x"
ALTER TABLE "c"
    ALTER COLUMN "own" TYPE bigint,
    ADD COLUMN "z" integer,
    ALTER COLUMN "x" SET DEFAULT 4;

-- Set the default of columns "x", "n" of table "g"
ALTER TABLE "g"
    ALTER COLUMN "x" SET DEFAULT 5,
    ALTER COLUMN "n" SET DEFAULT 'g'::text;
