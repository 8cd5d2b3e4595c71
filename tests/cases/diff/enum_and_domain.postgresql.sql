-- before
CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE t (m mood);

-- after
CREATE TYPE mood AS ENUM ('low', 'sad', 'ok', 'happy'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0); CREATE TABLE t (m mood, p positive DEFAULT 1);

-- plan
-- Create domain "positive"
CREATE DOMAIN "positive" AS integer CONSTRAINT positive_check CHECK (VALUE > 0);

-- Add label 'low' to type "mood"
ALTER TYPE "mood" ADD VALUE 'low' BEFORE 'sad';

-- Add label 'ok' to type "mood"
ALTER TYPE "mood" ADD VALUE 'ok' AFTER 'sad';

-- Add column "p" to table "t"
ALTER TABLE "t" ADD COLUMN "p" positive DEFAULT 1;
