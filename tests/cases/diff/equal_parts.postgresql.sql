-- before
CREATE TABLE kept (a integer PRIMARY KEY);

-- after
CREATE TABLE kept (a integer PRIMARY KEY);
CREATE TABLE twice (
    a integer PRIMARY KEY,
    b integer,
    c int4range,
    CONSTRAINT b_one UNIQUE (b) WITH (fillfactor = 70),
    CONSTRAINT b_check CHECK (b > 0),
    CONSTRAINT b_check_too CHECK (b > 0),
    CONSTRAINT b_fk FOREIGN KEY (b) REFERENCES kept,
    CONSTRAINT b_fk_too FOREIGN KEY (b) REFERENCES kept,
    CONSTRAINT c_apart EXCLUDE USING gist (c WITH &&)
);
ALTER TABLE twice ADD CONSTRAINT a_too UNIQUE (a);
ALTER TABLE twice ADD CONSTRAINT b_two UNIQUE (b);
ALTER TABLE twice ADD CONSTRAINT b_deferred UNIQUE (b) DEFERRABLE;
ALTER TABLE twice ADD CONSTRAINT c_apart_too EXCLUDE USING gist (c WITH &&);
CREATE INDEX b_index ON twice (b);
CREATE INDEX b_index_too ON twice (b);
CREATE TABLE refers (a integer, b integer);
ALTER TABLE refers ADD CONSTRAINT to_b FOREIGN KEY (b) REFERENCES twice (b);

-- plan
-- Create table "refers"
CREATE TABLE "refers" (
    "a" integer,
    "b" integer
);

-- Create table "twice"
CREATE TABLE "twice" (
    "a" integer NOT NULL,
    "b" integer,
    "c" int4range,
    CONSTRAINT "twice_pkey" PRIMARY KEY (a),
    CONSTRAINT "b_deferred" UNIQUE (b) DEFERRABLE,
    CONSTRAINT "b_check" CHECK (b > 0),
    CONSTRAINT "b_check_too" CHECK (b > 0),
    CONSTRAINT "c_apart" EXCLUDE USING gist (c WITH &&)
);

-- Alter table "twice": add unique constraints "a_too", "b_one", "b_two"; add exclusion constraint "c_apart_too"
ALTER TABLE "twice"
    ADD CONSTRAINT "a_too" UNIQUE (a),
    ADD CONSTRAINT "b_one" UNIQUE (b) WITH (fillfactor='70'),
    ADD CONSTRAINT "b_two" UNIQUE (b),
    ADD CONSTRAINT "c_apart_too" EXCLUDE USING gist (c WITH &&);

-- Create index "b_index" on table "twice"
CREATE INDEX "b_index" ON "twice" USING btree (b);

-- Create index "b_index_too" on table "twice"
CREATE INDEX "b_index_too" ON "twice" USING btree (b);

-- Add foreign key "to_b" to table "refers"
ALTER TABLE "refers" ADD CONSTRAINT "to_b"
    FOREIGN KEY (b) REFERENCES twice(b);

-- Add foreign keys "b_fk", "b_fk_too" to table "twice"
ALTER TABLE "twice"
    ADD CONSTRAINT "b_fk" FOREIGN KEY (b) REFERENCES kept(a),
    ADD CONSTRAINT "b_fk_too" FOREIGN KEY (b) REFERENCES kept(a);
