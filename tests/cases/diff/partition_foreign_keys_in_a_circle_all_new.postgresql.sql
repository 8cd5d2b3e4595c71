-- before


-- after
CREATE TABLE t (id int PRIMARY KEY, o int) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);
CREATE TABLE s (id int PRIMARY KEY, o int) PARTITION BY RANGE (id);
CREATE TABLE s1 PARTITION OF s FOR VALUES FROM (1) TO (10);
ALTER TABLE t1 ADD CONSTRAINT t1_s FOREIGN KEY (o) REFERENCES s1;
ALTER TABLE s1 ADD CONSTRAINT s1_t FOREIGN KEY (o) REFERENCES t1;

-- plan
-- Create table "s"
CREATE TABLE "s" (
    "id" integer NOT NULL,
    "o" integer,
    CONSTRAINT "s_pkey" PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- Create table "t"
CREATE TABLE "t" (
    "id" integer NOT NULL,
    "o" integer,
    CONSTRAINT "t_pkey" PRIMARY KEY (id)
) PARTITION BY RANGE (id);

-- Create partition "s1" of table "s"
CREATE TABLE s1 PARTITION OF s FOR VALUES FROM (1) TO (10);

-- Create partition "t1" of table "t"
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (10);

-- Create constraint s1_t of partition "s1"
ALTER TABLE "s1" ADD CONSTRAINT "s1_t" FOREIGN KEY (o) REFERENCES t1(id);

-- Create constraint t1_s of partition "t1"
ALTER TABLE "t1" ADD CONSTRAINT "t1_s" FOREIGN KEY (o) REFERENCES s1(id);
