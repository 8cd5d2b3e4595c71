-- before
CREATE TABLE p (id int, CONSTRAINT n CHECK (id > 0) NO INHERIT);
CREATE TABLE c (own int) INHERITS (p);

-- after
CREATE TABLE p (id int, CONSTRAINT n CHECK (id > 1) NO INHERIT, CONSTRAINT m CHECK (id < 100));
CREATE TABLE c (own int, CONSTRAINT n CHECK (id > 5)) INHERITS (p);

-- plan
-- Drop check constraint "n" of table "p"
ALTER TABLE "p" DROP CONSTRAINT "n";

-- Add check constraint "n" to table "c"
ALTER TABLE "c" ADD CONSTRAINT "n"
    CHECK (id > 5);

-- Add check constraint "m" to table "p"
ALTER TABLE "p" ADD CONSTRAINT "m"
    CHECK (id < 100);

-- Add check constraint "n" to table "p"
ALTER TABLE "p" ADD CONSTRAINT "n"
    CHECK (id > 1) NO INHERIT;
