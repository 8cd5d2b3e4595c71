-- before
CREATE TABLE t (id int PRIMARY KEY, o int) PARTITION BY RANGE (id);
CREATE TABLE s (id int PRIMARY KEY, o int REFERENCES t) PARTITION BY RANGE (id);
ALTER TABLE t ADD CONSTRAINT t_s FOREIGN KEY (o) REFERENCES s;
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE s1 PARTITION OF s FOR VALUES FROM (1) TO (10);
ALTER TABLE t1 ADD CONSTRAINT t1_s1 FOREIGN KEY (id) REFERENCES s1;
ALTER TABLE s1 ADD CONSTRAINT s1_t1 FOREIGN KEY (id) REFERENCES t1;

-- after
CREATE TABLE u (id int PRIMARY KEY, o int) PARTITION BY RANGE (id);
CREATE TABLE v (id int PRIMARY KEY, o int REFERENCES u) PARTITION BY RANGE (id);
ALTER TABLE u ADD CONSTRAINT t_s FOREIGN KEY (o) REFERENCES v;
CREATE TABLE t1 PARTITION OF u FOR VALUES FROM (1) TO (10);
CREATE TABLE s1 PARTITION OF v FOR VALUES FROM (1) TO (10);
ALTER TABLE t1 ADD CONSTRAINT t1_s1 FOREIGN KEY (id) REFERENCES s1;
ALTER TABLE s1 ADD CONSTRAINT s1_t1 FOREIGN KEY (id) REFERENCES t1;

-- plan
-- Drop foreign key "s_o_fkey" of table "s"
ALTER TABLE "s" DROP CONSTRAINT "s_o_fkey";

-- Drop foreign key "t_s" of table "t"
ALTER TABLE "t" DROP CONSTRAINT "t_s";

-- Detach partition "s1" of table "s"
ALTER TABLE s DETACH PARTITION s1;

-- Detach partition "t1" of table "t"
ALTER TABLE t DETACH PARTITION t1;

-- Create table "u"
CREATE TABLE "u" (
    "id" integer NOT NULL,
    "o" integer,
    CONSTRAINT "u_pkey" PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- Create table "v"
CREATE TABLE "v" (
    "id" integer NOT NULL,
    "o" integer,
    CONSTRAINT "v_pkey" PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- Attach partition "s1" of table "v"
ALTER TABLE v ATTACH PARTITION s1 FOR VALUES FROM (1) TO (10);

-- Add foreign key "t_s" to table "u"
ALTER TABLE "u" ADD CONSTRAINT "t_s"
    FOREIGN KEY (o) REFERENCES v(id);

-- Attach partition "t1" of table "u"
ALTER TABLE u ATTACH PARTITION t1 FOR VALUES FROM (1) TO (10);

-- Add foreign key "v_o_fkey" to table "v"
ALTER TABLE "v" ADD CONSTRAINT "v_o_fkey"
    FOREIGN KEY (o) REFERENCES u(id);

-- Drop table "s"
DROP TABLE "s";

-- Drop table "t"
DROP TABLE "t";
