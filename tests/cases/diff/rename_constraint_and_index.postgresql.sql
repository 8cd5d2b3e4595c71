-- before
CREATE TABLE t (a integer CONSTRAINT old_positive CHECK (a > 0), b integer CONSTRAINT old_unique UNIQUE);
CREATE INDEX old_index ON t (a DESC);
CREATE TABLE u (b integer CONSTRAINT old_fk REFERENCES t (b) ON DELETE CASCADE);

-- after
CREATE TABLE t (a integer CONSTRAINT new_positive CHECK (a > 0), b integer CONSTRAINT new_unique UNIQUE);
CREATE INDEX new_index ON t (a DESC);
CREATE TABLE u (b integer CONSTRAINT new_fk REFERENCES t (b) ON DELETE CASCADE);

-- plan
