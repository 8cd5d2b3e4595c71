-- before
CREATE TABLE kept (a integer PRIMARY KEY);

-- after
CREATE TABLE kept (a integer PRIMARY KEY);
CREATE TABLE twice (
    a text PRIMARY KEY UNIQUE,
    b integer UNIQUE REFERENCES kept REFERENCES kept CHECK (b > 0) CHECK (b > 0),
    UNIQUE (b),
    CONSTRAINT b_one UNIQUE (b),
    CONSTRAINT b_two UNIQUE (b),
    CONSTRAINT b_check CHECK (b > 0),
    CONSTRAINT b_check_too CHECK (b > 0)
);
CREATE INDEX b_index ON twice (b);
CREATE INDEX b_index_too ON twice (b);
CREATE UNIQUE INDEX b_unique ON twice (b);

-- plan
-- Create table "twice"
CREATE TABLE "twice" (
    "a" text,
    "b" integer,
    PRIMARY KEY ("a"),
    UNIQUE ("a"),
    UNIQUE ("b"),
    CONSTRAINT "b_one" UNIQUE ("b"),
    CONSTRAINT "b_two" UNIQUE ("b"),
    CHECK ("b" > 0),
    CONSTRAINT "b_check" CHECK ("b" > 0),
    CONSTRAINT "b_check_too" CHECK ("b" > 0),
    FOREIGN KEY ("b") REFERENCES "kept" ("a")
);

-- Create index "b_index" on table "twice"
CREATE INDEX "b_index" ON "twice" ("b");

-- Create index "b_index_too" on table "twice"
CREATE INDEX "b_index_too" ON "twice" ("b");

-- Create unique index "b_unique" on table "twice"
CREATE UNIQUE INDEX "b_unique" ON "twice" ("b");
