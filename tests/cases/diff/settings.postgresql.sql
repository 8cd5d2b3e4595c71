-- before
CREATE TABLE t (
    a text, b text, c integer CONSTRAINT once UNIQUE,
    number integer GENERATED ALWAYS AS IDENTITY
);
CREATE TABLE plain (a integer NOT NULL CONSTRAINT plain_key UNIQUE);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE INDEX e ON t (lower(a));
CREATE STATISTICS s ON a, b FROM t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE t ALTER b SET STORAGE MAIN;
ALTER TABLE t SET (fillfactor = 50);
CREATE PUBLICATION p;

-- after
CREATE TABLE t (
    a text, b text, c integer CONSTRAINT once UNIQUE,
    number integer GENERATED ALWAYS AS IDENTITY
);
CREATE UNLOGGED TABLE plain (a integer NOT NULL CONSTRAINT plain_key UNIQUE);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE INDEX e ON t (lower(a));
CREATE STATISTICS s ON a, b FROM t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE t ALTER a SET STORAGE EXTERNAL;
ALTER TABLE t ALTER b SET STORAGE EXTERNAL;
ALTER TABLE t ALTER a SET COMPRESSION pglz;
ALTER TABLE t ALTER a SET STATISTICS 100;
ALTER TABLE t ALTER a SET (n_distinct = 5, n_distinct_inherited = 7);
ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = false, toast.autovacuum_enabled = false);
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t FORCE ROW LEVEL SECURITY;
ALTER TABLE t CLUSTER ON once;
ALTER TABLE t DISABLE TRIGGER g;
ALTER TABLE plain REPLICA IDENTITY USING INDEX plain_key;
ALTER VIEW v ALTER b SET DEFAULT 'x';
ALTER INDEX e ALTER COLUMN 1 SET STATISTICS 9;
ALTER STATISTICS s SET STATISTICS 20;
ALTER SEQUENCE t_number_seq RENAME TO numbers;
CREATE PUBLICATION p FOR TABLE t;

-- plan
-- Reset fillfactor of table "t"
ALTER TABLE t RESET (fillfactor);

-- Rename sequence "t_number_seq" to "numbers"
ALTER SEQUENCE IF EXISTS "t_number_seq" RENAME TO "numbers";

-- Set the statistics target of column "lower" of index "e"
ALTER INDEX "e" ALTER COLUMN 1 SET STATISTICS 9;

-- Set the state of trigger "g" of table "t"
ALTER TABLE t DISABLE TRIGGER g;

-- Add table "t" to publication "p"
ALTER PUBLICATION p ADD TABLE t;

-- Set the replica identity of table "plain"
ALTER TABLE plain REPLICA IDENTITY USING INDEX "plain_key";

-- Make table "plain" unlogged
ALTER TABLE plain SET UNLOGGED;

-- Set the statistics target of statistics "s"
ALTER STATISTICS s SET STATISTICS 20;

-- Set n_distinct, n_distinct_inherited of column "a" of table "t"
ALTER TABLE t ALTER COLUMN a SET (n_distinct='5', n_distinct_inherited='7');

-- Set the clustering index of table "t"
ALTER TABLE t CLUSTER ON "once";

-- Set the compression of column "a" of table "t"
ALTER TABLE t ALTER COLUMN a SET COMPRESSION pglz;

-- Force row level security on the owner of table "t"
ALTER TABLE t FORCE ROW LEVEL SECURITY;

-- Enable row level security on table "t"
ALTER TABLE t ENABLE ROW LEVEL SECURITY;

-- Set the statistics target of column "a" of table "t"
ALTER TABLE t ALTER COLUMN a SET STATISTICS 100;

-- Set the storage of column "a" of table "t"
ALTER TABLE t ALTER COLUMN a SET STORAGE EXTERNAL;

-- Set the storage of column "b" of table "t"
ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL;

-- Set autovacuum_enabled, fillfactor of table "t"
ALTER TABLE t SET (autovacuum_enabled='false', fillfactor='70');

-- Set toast.autovacuum_enabled of table "t"
ALTER TABLE t SET (toast.autovacuum_enabled='false');

-- Set the default of column "b" of view "v"
ALTER VIEW v ALTER COLUMN b SET DEFAULT 'x'::text;
