-- before
CREATE TABLE t (a integer, b text);
CREATE INDEX t_a ON t (a);
CREATE VIEW v AS SELECT a FROM t;
CREATE TRIGGER touched AFTER UPDATE ON t BEGIN UPDATE t SET b = 'x'; END;
CREATE TABLE u (t_a integer REFERENCES t (a));

-- after
CREATE TABLE t (a bigint NOT NULL, b text CONSTRAINT known CHECK (b IN ('x', 'y')));
CREATE INDEX t_a ON t (a);
CREATE VIEW v AS SELECT a FROM t;
CREATE TRIGGER touched AFTER UPDATE ON t BEGIN UPDATE t SET b = 'x'; END;
CREATE TABLE u (t_a integer REFERENCES t (a));

-- plan
-- Drop view "v"
DROP VIEW "v";

-- Rebuild table "t": add check "known", alter column "a"
CREATE TABLE "new__t" (
    "a" bigint NOT NULL,
    "b" text,
    CONSTRAINT "known" CHECK ("b" IN ('x', 'y'))
);

-- Copy the rows of table "t"
INSERT INTO "new__t" (
    "a",
    "b"
)
SELECT
    "a",
    "b"
FROM "t";

-- Drop the old table "t"; its rows are in the new one
DROP TABLE "t";

-- Rename table "new__t" to "t"
ALTER TABLE "new__t" RENAME TO "t";

-- Create index "t_a" on table "t"
CREATE INDEX "t_a" ON "t" ("a");

-- Create view "v"
CREATE VIEW v AS SELECT a FROM t;

-- Create trigger "touched"
CREATE TRIGGER touched AFTER UPDATE ON t BEGIN
  UPDATE t SET b = 'x';
END;
