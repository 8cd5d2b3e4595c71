-- before
CREATE TABLE p (id int NOT NULL, w varchar(10), gone text, CONSTRAINT pos CHECK (id > 0));
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE g (more int) INHERITS (c);

-- after
CREATE TABLE p (id bigint NOT NULL, w text NOT NULL DEFAULT 'x', fresh int, CONSTRAINT pos2 CHECK (id > 1));
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE g (more int) INHERITS (c);

-- plan
-- Alter table "p": drop a check constraint; drop a column; change the type of 2 columns; add a column; set the default of a column; forbid NULL in a column; add a check constraint
ALTER TABLE "p"
    DROP CONSTRAINT "pos",
    DROP COLUMN "gone",
    ALTER COLUMN "id" TYPE bigint,
    ALTER COLUMN "w" TYPE text,
    ADD COLUMN "fresh" integer,
    ALTER COLUMN "w" SET DEFAULT 'x'::text,
    ALTER COLUMN "w" SET NOT NULL,
    ADD CONSTRAINT "pos2" CHECK (id > 1);
