-- before
CREATE DOMAIN code AS varchar(3) CONSTRAINT known CHECK (VALUE IN ('a', 'b')); CREATE DOMAIN amount AS integer DEFAULT 1 NOT NULL CONSTRAINT low CHECK (VALUE > 0); CREATE TABLE t (c code, a amount);

-- after
CREATE DOMAIN code AS varchar(3) DEFAULT 'a' CONSTRAINT known CHECK (VALUE IN ('a', 'b', 'c')); CREATE DOMAIN amount AS integer CONSTRAINT low CHECK (VALUE > 0) CONSTRAINT "High one" CHECK (VALUE < 9); CREATE TABLE t (c code, a amount);

-- plan
-- Drop the default of domain "amount"
ALTER DOMAIN "amount" DROP DEFAULT;

-- Drop NOT NULL of domain "amount"
ALTER DOMAIN "amount" DROP NOT NULL;

-- Add check "High one" to domain "amount"
ALTER DOMAIN "amount" ADD CONSTRAINT "High one" CHECK (VALUE < 9);

-- Drop check known of domain "code"
ALTER DOMAIN "code" DROP CONSTRAINT known;

-- Set the default of domain "code"
ALTER DOMAIN "code" SET DEFAULT 'a'::character varying;

-- Add check known to domain "code"
ALTER DOMAIN "code" ADD CONSTRAINT known CHECK (VALUE::text = ANY (ARRAY['a'::character varying::text, 'b'::character varying::text, 'c'::character varying::text]));
