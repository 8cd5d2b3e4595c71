-- before
CREATE TABLE t (status varchar(10));

-- after
CREATE TABLE t (status varchar(10), CONSTRAINT status_known CHECK (status IN ('a', 'b')));
CREATE INDEX t_open ON t (status) WHERE status IN ('a', 'b');

-- plan
