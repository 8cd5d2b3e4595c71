-- before
CREATE TABLE p (id int NOT NULL, w varchar(10), gone text, CONSTRAINT pos CHECK (id > 0));
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE g (more int) INHERITS (c);

-- after
CREATE TABLE p (id bigint NOT NULL, w text NOT NULL DEFAULT 'x', fresh int, CONSTRAINT pos2 CHECK (id > 1));
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE g (more int) INHERITS (c);

-- plan
-- Drop check constraint "pos" of table "p"
ALTER TABLE "p" DROP CONSTRAINT "pos";

-- Drop column "gone" of table "p"
ALTER TABLE "p" DROP COLUMN "gone";

-- Alter column "id" of table "p"
ALTER TABLE "p" ALTER COLUMN "id" TYPE bigint;

-- Alter column "w" of table "p"
ALTER TABLE "p"
    ALTER COLUMN "w" TYPE text,
    ALTER COLUMN "w" SET DEFAULT 'x'::text,
    ALTER COLUMN "w" SET NOT NULL;

-- Add check constraint "pos2" to table "p"
ALTER TABLE "p" ADD CONSTRAINT "pos2"
    CHECK (id > 1);

-- Add column "fresh" to table "p"
ALTER TABLE "p" ADD COLUMN "fresh" integer;
