-- before
CREATE TABLE book (id integer PRIMARY KEY, title varchar(100) NOT NULL);

-- after
CREATE TABLE book (id integer PRIMARY KEY, title varchar(100) NOT NULL, pages integer, status varchar(10) DEFAULT 'new' NOT NULL);

-- plan
-- Add column "pages" to table "book"
ALTER TABLE "book" ADD COLUMN "pages" integer;

-- Add column "status" to table "book"
ALTER TABLE "book" ADD COLUMN "status" varchar(10) NOT NULL DEFAULT 'new';
