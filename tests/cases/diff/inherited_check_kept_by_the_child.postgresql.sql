-- before
CREATE TABLE p (id int, x int, CONSTRAINT k CHECK (x > 1), CONSTRAINT l CHECK (x > 2), CONSTRAINT m CHECK (x > 3));
CREATE TABLE q (x int, CONSTRAINT m CHECK (x > 3));
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE d (own int) INHERITS (c);
CREATE TABLE e (CONSTRAINT k CHECK (x > 1)) INHERITS (p);
CREATE TABLE f () INHERITS (p, q);

-- after
CREATE TABLE p (id int, x int);
CREATE TABLE q (x int, CONSTRAINT m CHECK (x > 3));
CREATE TABLE c (own int, CONSTRAINT k CHECK (x > 1), CONSTRAINT l CHECK (x > 5)) INHERITS (p);
CREATE TABLE d (own int) INHERITS (c);
CREATE TABLE e (CONSTRAINT k CHECK (x > 1)) INHERITS (p);
CREATE TABLE f () INHERITS (p, q);

-- plan
-- Drop check constraints "k", "l", "m" of table "p"
ALTER TABLE "p"
    DROP CONSTRAINT "k",
    DROP CONSTRAINT "l",
    DROP CONSTRAINT "m";

-- Add check constraints "k", "l" to table "c"
ALTER TABLE "c"
    ADD CONSTRAINT "k" CHECK (x > 1),
    ADD CONSTRAINT "l" CHECK (x > 5);
