-- before
CREATE TABLE t (a integer, gone boolean, CONSTRAINT t_a_unique UNIQUE (a));

-- after
CREATE TABLE t (a integer, gone boolean);
CREATE UNIQUE INDEX t_a_unique ON t (a) WHERE NOT gone;

-- plan
