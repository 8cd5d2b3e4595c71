-- before
CREATE TABLE u (id integer PRIMARY KEY);
CREATE TABLE t (a integer, b integer);
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u NOT VALID;
ALTER TABLE t ADD CONSTRAINT other CHECK (b > 0) NOT VALID;

-- after
CREATE TABLE u (id bigint PRIMARY KEY);
CREATE TABLE t (a bigint, b text, CONSTRAINT c CHECK (a > 0), CONSTRAINT f FOREIGN KEY (a) REFERENCES u, CONSTRAINT other CHECK (b > '0'));
CREATE TABLE new (a integer CONSTRAINT valid CHECK (a < 9));
ALTER TABLE new ADD CONSTRAINT c CHECK (a > 0) NOT VALID;
ALTER TABLE new ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u NOT VALID;

-- plan
-- Create table "new"
CREATE TABLE "new" (
    "a" integer,
    CONSTRAINT "valid" CHECK (a < 9)
);

-- Add check constraint "c" to table "new"
ALTER TABLE "new" ADD CONSTRAINT "c"
    CHECK (a > 0) NOT VALID;

-- Change the type of column "id" of table "u"
ALTER TABLE "u" ALTER COLUMN "id" TYPE bigint;

-- Alter table "t": drop check constraint "other"; change the type of columns "a", "b"; add check constraint "other"
ALTER TABLE "t"
    DROP CONSTRAINT "other",
    ALTER COLUMN "a" TYPE bigint,
    ALTER COLUMN "b" TYPE text,
    ADD CONSTRAINT "other" CHECK (b > '0'::text);

-- Validate check constraint "c" of table "t"
ALTER TABLE "t" VALIDATE CONSTRAINT "c";

-- Validate foreign key "f" of table "t"
ALTER TABLE "t" VALIDATE CONSTRAINT "f";

-- Add foreign key "f" to table "new"
ALTER TABLE "new" ADD CONSTRAINT "f"
    FOREIGN KEY (a) REFERENCES u(id) NOT VALID;
