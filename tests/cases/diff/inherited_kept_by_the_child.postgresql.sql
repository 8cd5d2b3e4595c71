-- before
CREATE TABLE p (id int, x int, y int, CONSTRAINT k CHECK (x > 1));
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE d (own int) INHERITS (p);

-- after
CREATE TABLE p (id int, y int);
CREATE TABLE c (x int, own int) INHERITS (p);
CREATE TABLE d (own int) INHERITS (p);

-- plan
-- Drop check constraint "k" of table "p"
ALTER TABLE "p" DROP CONSTRAINT "k";

-- Drop column "x" of table "p"
ALTER TABLE ONLY "p" DROP COLUMN "x";

-- Drop column "x" of table "d"
ALTER TABLE "d" DROP COLUMN "x";
