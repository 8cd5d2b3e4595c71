-- before
CREATE DOMAIN d AS varchar(9) CONSTRAINT kept CHECK (VALUE <> '');
ALTER DOMAIN d ADD CONSTRAINT later CHECK (VALUE IN ('a', 'b')) NOT VALID;
ALTER DOMAIN d ADD CONSTRAINT gone CHECK (length(VALUE) > 0) NOT VALID;
CREATE TABLE t (a d);

-- after
CREATE DOMAIN d AS varchar(9) CONSTRAINT kept CHECK (VALUE <> '') CONSTRAINT later CHECK (VALUE IN ('a', 'b'));
ALTER DOMAIN d ADD CONSTRAINT other CHECK (length(VALUE) > 1) NOT VALID;
CREATE DOMAIN e AS integer DEFAULT 3 CONSTRAINT now CHECK (VALUE > 0);
ALTER DOMAIN e ADD CONSTRAINT later CHECK (VALUE IN (1, 2)) NOT VALID;
CREATE TABLE t (a d);

-- plan
-- Drop check gone of domain "d"
ALTER DOMAIN "d" DROP CONSTRAINT gone;

-- Add check other to domain "d"
ALTER DOMAIN "d" ADD CONSTRAINT other CHECK (length(VALUE::text) > 1) NOT VALID;

-- Validate check later of domain "d"
ALTER DOMAIN "d" VALIDATE CONSTRAINT later;

-- Create domain "e"
CREATE DOMAIN "e" AS integer DEFAULT 3 CONSTRAINT now CHECK (VALUE > 0);

-- Add check later to domain "e"
ALTER DOMAIN "e" ADD CONSTRAINT later CHECK (VALUE = ANY (ARRAY[1, 2])) NOT VALID;
