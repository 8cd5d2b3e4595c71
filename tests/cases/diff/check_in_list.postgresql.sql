-- before
CREATE TABLE t (status varchar(10));

-- after
CREATE TABLE t (status varchar(10), CONSTRAINT status_known CHECK (status IN ('a', 'b')));
CREATE INDEX t_open ON t (status) WHERE status IN ('a', 'b');

-- plan
-- Add check constraint "status_known" to table "t"
ALTER TABLE "t" ADD CONSTRAINT "status_known"
    CHECK (status::text = ANY (ARRAY['a'::character varying::text, 'b'::character varying::text]));

-- Create index "t_open" on table "t"
CREATE INDEX "t_open" ON "t" USING btree (status) WHERE status::text = ANY (ARRAY['a'::character varying::text, 'b'::character varying::text]);
