-- before
CREATE TABLE t (a integer DEFAULT 1 NOT NULL, b varchar(10), c text, d numeric(8,2));
CREATE INDEX t_a ON t (a);

-- after
CREATE TABLE t (a bigint DEFAULT 2 NOT NULL, b varchar(20) NOT NULL, c jsonb, d numeric(12,2) DEFAULT 0);
CREATE INDEX t_a ON t (a);

-- plan
