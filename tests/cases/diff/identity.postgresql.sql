-- before
CREATE TABLE t (id integer NOT NULL);

-- after
CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5));

-- plan
