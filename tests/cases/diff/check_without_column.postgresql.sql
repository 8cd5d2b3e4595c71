-- before
CREATE TABLE t (a integer);

-- after
CREATE TABLE t (a integer, CONSTRAINT never CHECK (false) NO INHERIT);
CREATE TABLE u (CONSTRAINT never CHECK (false) NO INHERIT);

-- plan
-- Create table "u"
CREATE TABLE "u" (
    CONSTRAINT "never" CHECK (false) NO INHERIT
);

-- Add check constraint "never" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "never"
    CHECK (false) NO INHERIT;
