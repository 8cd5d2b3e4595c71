-- before
CREATE TABLE p (id int, CONSTRAINT n CHECK (id > 0) NO INHERIT);
CREATE TABLE c (own int) INHERITS (p);

-- after
CREATE TABLE p (id int, CONSTRAINT n CHECK (id > 1) NO INHERIT, CONSTRAINT m CHECK (id < 100));
CREATE TABLE c (own int, CONSTRAINT n CHECK (id > 5)) INHERITS (p);

-- plan
-- Add check constraint "n" to table "c"
ALTER TABLE "c" ADD CONSTRAINT "n"
    CHECK (id > 5);

-- Alter table "p": drop check constraint "n"; add check constraints "m", "n"
ALTER TABLE "p"
    DROP CONSTRAINT "n",
    ADD CONSTRAINT "m" CHECK (id < 100),
    ADD CONSTRAINT "n" CHECK (id > 1) NO INHERIT;
