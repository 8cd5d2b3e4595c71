-- before


-- after
CREATE TABLE "Größe ""x""" ("select" integer NOT NULL, "Straße" text, CONSTRAINT "a b" CHECK ("select" > 0)); CREATE INDEX "i;" ON "Größe ""x""" ("Straße");

-- plan
-- Create table "Größe ""x"""
CREATE TABLE "Größe ""x""" (
    "select" integer NOT NULL,
    "Straße" text,
    CONSTRAINT "a b" CHECK ("select" > 0)
);

-- Create index "i;" on table "Größe ""x"""
CREATE INDEX "i;" ON "Größe ""x""" ("Straße");
