-- before
CREATE TABLE a (id integer PRIMARY KEY, code integer NOT NULL UNIQUE); CREATE TABLE b (a_id integer REFERENCES a (id)); CREATE TABLE c (a_id integer REFERENCES a (id));
CREATE TABLE d (x integer NOT NULL); CREATE UNIQUE INDEX one ON d (x); CREATE TABLE e (d_x integer REFERENCES d (x)); CREATE TABLE f (d_x integer REFERENCES d (x));

-- after
CREATE TABLE a (id integer NOT NULL UNIQUE, code integer PRIMARY KEY); CREATE TABLE b (a_id integer REFERENCES a (id));
CREATE TABLE d (x integer CONSTRAINT other UNIQUE NOT NULL); CREATE TABLE e (d_x integer REFERENCES d (x));

-- plan
-- Drop foreign key "b_a_id_fkey" of table "b"
ALTER TABLE "b" DROP CONSTRAINT "b_a_id_fkey";

-- Drop table "c"
DROP TABLE "c";

-- Alter table "a": drop unique constraint "a_code_key"; drop primary key "a_pkey"; add unique constraint "a_id_key"
ALTER TABLE "a"
    DROP CONSTRAINT "a_code_key",
    DROP CONSTRAINT "a_pkey",
    ADD CONSTRAINT "a_id_key" UNIQUE (id);

-- Add foreign key "b_a_id_fkey" to table "b"
ALTER TABLE "b" ADD CONSTRAINT "b_a_id_fkey"
    FOREIGN KEY (a_id) REFERENCES a(id);

-- Add primary key "a_pkey" to table "a"
ALTER TABLE "a" ADD CONSTRAINT "a_pkey"
    PRIMARY KEY (code);

-- Drop foreign key "e_d_x_fkey" of table "e"
ALTER TABLE "e" DROP CONSTRAINT "e_d_x_fkey";

-- Drop table "f"
DROP TABLE "f";

-- Drop index "one" of table "d"
DROP INDEX "one";

-- Add unique constraint "other" to table "d"
ALTER TABLE "d" ADD CONSTRAINT "other"
    UNIQUE (x);

-- Add foreign key "e_d_x_fkey" to table "e"
ALTER TABLE "e" ADD CONSTRAINT "e_d_x_fkey"
    FOREIGN KEY (d_x) REFERENCES d(x);
