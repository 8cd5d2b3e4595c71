-- before


-- after
CREATE TABLE "Größe ""x""" ("select" integer NOT NULL, "Straße" text, CONSTRAINT "a b" CHECK ("select" > 0)); CREATE INDEX "i;" ON "Größe ""x""" ("Straße"); COMMENT ON COLUMN "Größe ""x"""."Straße" IS 'é; x';

-- plan
