-- before
CREATE TABLE a (id integer PRIMARY KEY); CREATE TABLE b (a_id integer REFERENCES a (id)); CREATE INDEX i ON b (a_id);

-- after


-- plan
-- Drop table "b"
DROP TABLE "b";

-- Drop table "a"
DROP TABLE "a";
