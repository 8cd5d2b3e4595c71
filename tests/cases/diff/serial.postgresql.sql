-- before


-- after
CREATE TABLE t (id serial PRIMARY KEY);

-- plan
