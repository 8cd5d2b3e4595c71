-- before
CREATE TABLE t (id integer NOT NULL, d integer NOT NULL) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
CREATE TABLE z PARTITION OF t FOR VALUES FROM (9) TO (99) PARTITION BY RANGE (d);
CREATE TABLE a PARTITION OF z FOR VALUES FROM (9) TO (20);
ALTER TABLE t1 ADD CONSTRAINT key_of_t1 UNIQUE (id, d) DEFERRABLE;
CREATE INDEX "id DESC" ON t1 (id DESC) WITH (fillfactor = 50);
CREATE INDEX b_of_a ON a (d);

-- after
CREATE TABLE t (id integer NOT NULL, d integer NOT NULL, UNIQUE (id, d)) PARTITION BY RANGE (d);
CREATE INDEX i ON t (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
CREATE TABLE z PARTITION OF t FOR VALUES FROM (9) TO (99) PARTITION BY RANGE (d);
CREATE TABLE a PARTITION OF z FOR VALUES FROM (9) TO (20);
CREATE INDEX i_of_z ON z (d);
ALTER TABLE z ADD CONSTRAINT key_of_z UNIQUE (d, id);
ALTER TABLE t1 ADD CONSTRAINT key_of_t1 UNIQUE (id, d) DEFERRABLE;
CREATE INDEX "id DESC" ON t1 (id DESC) WITH (fillfactor = 50);
CREATE INDEX b_of_a ON a (d);
ALTER TABLE a ADD CONSTRAINT key_of_a UNIQUE (d, id);

-- plan
-- Drop index "b_of_a" of partition "a"
DROP INDEX "b_of_a";

-- Drop index "id DESC" of partition "t1"
DROP INDEX "id DESC";

-- Drop constraint key_of_t1 of partition "t1"
ALTER TABLE "t1" DROP CONSTRAINT "key_of_t1";

-- Add unique constraint "t_id_d_key" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "t_id_d_key"
    UNIQUE (id, d);

-- Create index "i" on table "t"
CREATE INDEX "i" ON "t" USING btree (id);

-- Create index "i_of_z" of partition "z"
CREATE INDEX "i_of_z" ON "z" USING btree (d);

-- Create index "id DESC" of partition "t1"
CREATE INDEX "id DESC" ON "t1" USING btree (id DESC) WITH (fillfactor='50');

-- Create constraint key_of_t1 of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "key_of_t1" UNIQUE (id, d) DEFERRABLE;

-- Create constraint key_of_z of partition "z"
ALTER TABLE "z" ADD CONSTRAINT "key_of_z" UNIQUE (d, id);

-- Create constraint key_of_a of partition "a"
ALTER TABLE "a" ADD CONSTRAINT "key_of_a" UNIQUE (d, id);

-- Create index "b_of_a" of partition "a"
CREATE INDEX "b_of_a" ON "a" USING btree (d);
