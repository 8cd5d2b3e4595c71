-- before
CREATE TABLE t (id integer NOT NULL, code text NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (id)); CREATE TABLE u (t_id integer CONSTRAINT u_fk REFERENCES t);

-- after
CREATE TABLE t (id integer NOT NULL CONSTRAINT t_id UNIQUE, code text NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (code)); CREATE TABLE u (t_id integer CONSTRAINT u_fk REFERENCES t (id));

-- plan
-- Drop foreign key "u_fk" of table "u"
ALTER TABLE "u" DROP CONSTRAINT "u_fk";

-- Alter table "t": drop primary key "t_pkey"; add unique constraint "t_id"
ALTER TABLE "t"
    DROP CONSTRAINT "t_pkey",
    ADD CONSTRAINT "t_id" UNIQUE (id);

-- Add foreign key "u_fk" to table "u"
ALTER TABLE "u" ADD CONSTRAINT "u_fk"
    FOREIGN KEY (t_id) REFERENCES t(id);

-- Add primary key "t_pkey" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_pkey"
    PRIMARY KEY (code);
