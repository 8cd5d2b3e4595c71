-- before
CREATE TABLE t (id integer NOT NULL);

-- after
CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5));

-- plan
-- Add an identity to column "id" of table "t"
ALTER TABLE "t" ALTER COLUMN "id" ADD GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5);

-- Continue the sequence after the largest existing value of column "id" of table "t"
SELECT setval(pg_get_serial_sequence('"t"', 'id'), max("id")) FROM "t"
HAVING max("id") >= 100;
