-- before


-- after
CREATE TABLE author (id integer PRIMARY KEY AUTOINCREMENT, favourite_id integer REFERENCES book (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE book (id integer PRIMARY KEY AUTOINCREMENT, author_id integer NOT NULL REFERENCES author (id) DEFERRABLE INITIALLY DEFERRED);

-- plan
-- Create table "book"
CREATE TABLE "book" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "author_id" integer NOT NULL,
    FOREIGN KEY ("author_id") REFERENCES "author" ("id") DEFERRABLE INITIALLY DEFERRED
);

-- Create table "author"
CREATE TABLE "author" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "favourite_id" integer,
    FOREIGN KEY ("favourite_id") REFERENCES "book" ("id") DEFERRABLE INITIALLY DEFERRED
);
