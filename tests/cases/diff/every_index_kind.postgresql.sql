-- before
CREATE TABLE t (a integer, b text, c jsonb, d int4range, e text[]);

-- after
CREATE TABLE t (a integer, b text, c jsonb, d int4range, e text[], CONSTRAINT no_overlap EXCLUDE USING gist (d WITH &&));
CREATE INDEX t_order ON t (a DESC NULLS LAST, b);
CREATE INDEX t_expression ON t (lower(b), a);
CREATE INDEX t_gin ON t USING gin (c jsonb_path_ops, e);
CREATE INDEX t_covering ON t (a) INCLUDE (b) WITH (fillfactor=70);
CREATE INDEX t_opclass ON t (b text_pattern_ops) WHERE a IS NOT NULL;
CREATE INDEX t_brin ON t USING brin (a) WITH (pages_per_range=8);
CREATE INDEX t_hash ON t USING hash (b);
ALTER TABLE t ADD CONSTRAINT t_deferred UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED;

-- plan
-- Alter table "t": add exclusion constraint "no_overlap"; add unique constraint "t_deferred"
ALTER TABLE "t"
    ADD CONSTRAINT "no_overlap" EXCLUDE USING gist (d WITH &&),
    ADD CONSTRAINT "t_deferred" UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED;

-- Create index "t_brin" on table "t"
CREATE INDEX "t_brin" ON "t" USING brin (a) WITH (pages_per_range='8');

-- Create index "t_covering" on table "t"
CREATE INDEX "t_covering" ON "t" USING btree (a) INCLUDE (b) WITH (fillfactor='70');

-- Create index "t_expression" on table "t"
CREATE INDEX "t_expression" ON "t" USING btree (lower(b), a);

-- Create index "t_gin" on table "t"
CREATE INDEX "t_gin" ON "t" USING gin (c jsonb_path_ops, e);

-- Create index "t_hash" on table "t"
CREATE INDEX "t_hash" ON "t" USING hash (b);

-- Create index "t_opclass" on table "t"
CREATE INDEX "t_opclass" ON "t" USING btree (b text_pattern_ops) WHERE a IS NOT NULL;

-- Create index "t_order" on table "t"
CREATE INDEX "t_order" ON "t" USING btree (a DESC NULLS LAST, b);
