-- before
CREATE TABLE a (id serial PRIMARY KEY);
CREATE TABLE b (id serial PRIMARY KEY);
CREATE TABLE c (id serial PRIMARY KEY, other integer);
CREATE TABLE d (id serial);
CREATE TABLE e (id integer GENERATED ALWAYS AS IDENTITY);

-- after
CREATE TABLE a (id bigserial PRIMARY KEY);
CREATE TABLE b (id integer PRIMARY KEY);
CREATE TABLE c (id text PRIMARY KEY, other serial); ALTER SEQUENCE c_other_seq RENAME TO c_id_seq;
CREATE TABLE f (e_id serial); ALTER SEQUENCE f_e_id_seq RENAME TO e_id_seq;

-- plan
-- Drop table "e"
DROP TABLE "e";

-- Create sequence "e_id_seq"
CREATE SEQUENCE "e_id_seq" AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1 NO CYCLE;

-- Create table "f"
CREATE TABLE "f" (
    "e_id" integer DEFAULT nextval('e_id_seq'::regclass) NOT NULL
);

-- Let column "f"."e_id" own sequence "e_id_seq"
ALTER SEQUENCE "e_id_seq" OWNED BY "f"."e_id";

-- Change the options of sequence "a_id_seq"
ALTER SEQUENCE "a_id_seq" AS bigint;

-- Alter column "id" of table "a": change the type; set the default
ALTER TABLE "a"
    ALTER COLUMN "id" DROP DEFAULT,
    ALTER COLUMN "id" TYPE bigint,
    ALTER COLUMN "id" SET DEFAULT nextval('a_id_seq'::regclass);

-- Drop the default of column "id" of table "b"
ALTER TABLE "b" ALTER COLUMN "id" DROP DEFAULT;

-- Alter column "other" of table "c": set the default; forbid NULL
ALTER TABLE "c"
    ALTER COLUMN "other" SET DEFAULT nextval('c_id_seq'::regclass),
    ALTER COLUMN "other" SET NOT NULL;

-- Continue the sequence after the largest existing value of column "other" of table "c"
SELECT setval('"c_id_seq"', max("other")) FROM "c"
HAVING max("other") >= (SELECT last_value FROM "c_id_seq");

-- Let column "c"."other" own sequence "c_id_seq"
ALTER SEQUENCE "c_id_seq" OWNED BY "c"."other";

-- Alter column "id" of table "c": drop the default; change the type
ALTER TABLE "c"
    ALTER COLUMN "id" DROP DEFAULT,
    ALTER COLUMN "id" TYPE text;

-- Drop sequence "b_id_seq"
DROP SEQUENCE "b_id_seq";

-- Drop table "d"
DROP TABLE "d";
