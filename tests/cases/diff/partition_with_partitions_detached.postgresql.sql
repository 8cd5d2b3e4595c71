-- before
CREATE TABLE t (id bigint, d date, r int) PARTITION BY RANGE (d);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01') PARTITION BY LIST (r);
CREATE TABLE t1a PARTITION OF t1 FOR VALUES IN (1, 2);

-- after
CREATE TABLE t (id bigint, d date, r int) PARTITION BY RANGE (d);
CREATE TABLE t1 (id bigint, d date, r int) PARTITION BY LIST (r);
CREATE TABLE t1a PARTITION OF t1 FOR VALUES IN (1, 2);

-- plan
-- Detach partition "t1" of table "t"
ALTER TABLE t DETACH PARTITION t1;
