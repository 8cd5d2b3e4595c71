-- before
CREATE TABLE p (id int);
CREATE TABLE q (id int, w text);
CREATE TABLE c (own int) INHERITS (p);

-- after
CREATE TABLE p (id int);
CREATE TABLE q (id int, w text);
CREATE TABLE c (own int) INHERITS (q);

-- plan
-- Let table "c" no longer inherit from p
ALTER TABLE c NO INHERIT p;

-- Add column "w" to table "c"
ALTER TABLE "c" ADD COLUMN "w" text;

-- Let table "c" inherit from q
ALTER TABLE c INHERIT q;
