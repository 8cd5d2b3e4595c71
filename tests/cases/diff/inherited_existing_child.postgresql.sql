-- before
CREATE TABLE p (id int NOT NULL, w text, CONSTRAINT pos CHECK (id > 0));
CREATE TABLE c (id int NOT NULL, w text, own int);

-- after
CREATE TABLE p (id int NOT NULL, w text, CONSTRAINT pos CHECK (id > 0));
CREATE TABLE c (own int) INHERITS (p);

-- plan
-- Add check constraint "pos" to table "c"
ALTER TABLE "c" ADD CONSTRAINT "pos"
    CHECK (id > 0);

-- Let table "c" inherit from p
ALTER TABLE c INHERIT p;
