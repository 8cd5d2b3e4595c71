-- before


-- after
CREATE TABLE p (id serial PRIMARY KEY, x int NOT NULL DEFAULT 2, CONSTRAINT k CHECK (x > 1));
CREATE TABLE c (own int) INHERITS (p);
CREATE TABLE d (x bigint) ;
COMMENT ON COLUMN c.x IS 'x';

-- plan
-- Create sequence "p_id_seq"
CREATE SEQUENCE "p_id_seq" AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1 NO CYCLE;

-- Create table "p"
CREATE TABLE "p" (
    "id" integer DEFAULT nextval('p_id_seq'::regclass) NOT NULL,
    "x" integer DEFAULT 2 NOT NULL,
    CONSTRAINT "p_pkey" PRIMARY KEY (id),
    CONSTRAINT "k" CHECK (x > 1)
);

-- Create table "c"
CREATE TABLE "c" (
    "own" integer
) INHERITS ("p");

-- Create table "d"
CREATE TABLE "d" (
    "x" bigint
);

-- Let column "p"."id" own sequence "p_id_seq"
ALTER SEQUENCE "p_id_seq" OWNED BY "p"."id";

-- Set the comment of column "c"."x"
COMMENT ON COLUMN "c"."x" IS 'x';
