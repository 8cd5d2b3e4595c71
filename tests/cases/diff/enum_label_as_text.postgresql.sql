-- before
CREATE TYPE mood AS ENUM ('a');
CREATE TABLE t (m mood, x text DEFAULT 'x');

-- after
CREATE TYPE mood AS ENUM ('a', 'new');
CREATE TABLE t (m mood, x text DEFAULT 'new', y text[] DEFAULT '{new}', CHECK (m <> 'a' OR x <> 'new'));
CREATE TABLE u (m mood, x text DEFAULT 'new'); COMMENT ON TABLE u IS 'new';
COMMENT ON TYPE mood IS 'new';

-- plan
-- Add label 'new' to type "mood"
ALTER TYPE "mood" ADD VALUE 'new' AFTER 'a';

-- Create table "u"
CREATE TABLE "u" (
    "m" mood,
    "x" text DEFAULT 'new'::text
);

-- Set the comment of table "u"
COMMENT ON TABLE "u" IS 'new';

-- Alter table "t": add column "y"; set the default of column "x"; add check constraint "t_check"
ALTER TABLE "t"
    ADD COLUMN "y" text[] DEFAULT '{new}'::text[],
    ALTER COLUMN "x" SET DEFAULT 'new'::text,
    ADD CONSTRAINT "t_check" CHECK (m <> 'a'::mood OR x <> 'new'::text);

-- Set the comment of type "mood"
COMMENT ON TYPE "mood" IS 'new';
