-- before
CREATE TABLE a (id integer PRIMARY KEY, b text) STRICT;
CREATE TABLE c (id text PRIMARY KEY, tags text) WITHOUT ROWID, STRICT;
CREATE TABLE d (id integer, tags text [], n varchar(10));

-- after
CREATE TABLE a (id integer PRIMARY KEY, b text);
CREATE TABLE c (id text PRIMARY KEY NOT NULL, tags text[]);
CREATE TABLE d (id integer, tags text [], n varchar(20), other "text[]");

-- plan
-- Rebuild table "a": change its options
CREATE TABLE "new__a" (
    "id" integer NOT NULL,
    "b" text,
    PRIMARY KEY ("id")
);

-- Copy the rows of table "a"
INSERT INTO "new__a" (
    "id",
    "b"
)
SELECT
    "id",
    "b"
FROM "a";

-- Drop the old table "a"; its rows are in the new one
DROP TABLE "a";

-- Rename table "new__a" to "a"
ALTER TABLE "new__a" RENAME TO "a";

-- Rebuild table "c": change its options, alter column "tags"
CREATE TABLE "new__c" (
    "id" text NOT NULL,
    "tags" text[],
    PRIMARY KEY ("id")
);

-- Copy the rows of table "c"
INSERT INTO "new__c" (
    "id",
    "tags"
)
SELECT
    "id",
    "tags"
FROM "c";

-- Drop the old table "c"; its rows are in the new one
DROP TABLE "c";

-- Rename table "new__c" to "c"
ALTER TABLE "new__c" RENAME TO "c";

-- Rebuild table "d": alter column "n", add column "other"
CREATE TABLE "new__d" (
    "id" integer,
    "tags" text[],
    "n" varchar(20),
    "other" "text[]"
);

-- Copy the rows of table "d"
INSERT INTO "new__d" (
    "id",
    "tags",
    "n"
)
SELECT
    "id",
    "tags",
    "n"
FROM "d";

-- Drop the old table "d"; its rows are in the new one
DROP TABLE "d";

-- Rename table "new__d" to "d"
ALTER TABLE "new__d" RENAME TO "d";
