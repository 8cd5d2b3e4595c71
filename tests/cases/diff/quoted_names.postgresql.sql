-- before


-- after
CREATE TABLE "Größe ""x""" ("select" integer NOT NULL, "Straße" text, CONSTRAINT "a b" CHECK ("select" > 0)); CREATE INDEX "i;" ON "Größe ""x""" ("Straße"); COMMENT ON COLUMN "Größe ""x"""."Straße" IS 'é; x';

-- plan
-- Create table "Größe ""x"""
CREATE TABLE "Größe ""x""" (
    "select" integer NOT NULL,
    "Straße" text,
    CONSTRAINT "a b" CHECK ("select" > 0)
);

-- Set the comment of column "Größe ""x"""."Straße"
COMMENT ON COLUMN "Größe ""x"""."Straße" IS 'é; x';

-- Create index "i;" on table "Größe ""x"""
CREATE INDEX "i;" ON "Größe ""x""" USING btree ("Straße");
