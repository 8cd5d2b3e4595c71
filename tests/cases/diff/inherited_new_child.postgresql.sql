-- before
CREATE TABLE p (id int NOT NULL, w text, CONSTRAINT pos CHECK (id > 0));

-- after
CREATE TABLE p (id int NOT NULL, w text, CONSTRAINT pos CHECK (id > 0));
CREATE TABLE c (own int, id int DEFAULT 3) INHERITS (p);
CREATE INDEX ci ON c (own);

-- plan
-- Create table "c"
CREATE TABLE "c" (
    "id" integer DEFAULT 3 NOT NULL,
    "own" integer
) INHERITS ("p");

-- Create index "ci" on table "c"
CREATE INDEX "ci" ON "c" USING btree (own);
