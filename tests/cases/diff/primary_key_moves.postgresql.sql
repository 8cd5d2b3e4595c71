-- before
CREATE TABLE t (id integer NOT NULL, code text NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (id)); CREATE TABLE u (t_id integer CONSTRAINT u_fk REFERENCES t);

-- after
CREATE TABLE t (id integer NOT NULL CONSTRAINT t_id UNIQUE, code text NOT NULL, CONSTRAINT t_pkey PRIMARY KEY (code)); CREATE TABLE u (t_id integer CONSTRAINT u_fk REFERENCES t (id));

-- plan
