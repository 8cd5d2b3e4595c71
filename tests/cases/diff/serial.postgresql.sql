-- before


-- after
CREATE TABLE t (id serial PRIMARY KEY);

-- plan
-- Create sequence "t_id_seq"
CREATE SEQUENCE "t_id_seq" AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1 NO CYCLE;

-- Create table "t"
CREATE TABLE "t" (
    "id" integer DEFAULT nextval('t_id_seq'::regclass) NOT NULL,
    CONSTRAINT "t_pkey" PRIMARY KEY (id)
);

-- Let column "t"."id" own sequence "t_id_seq"
ALTER SEQUENCE "t_id_seq" OWNED BY "t"."id";
