-- before
CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE t (m mood);

-- after
CREATE TYPE mood AS ENUM ('low', 'sad', 'ok', 'happy'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0); CREATE TABLE t (m mood, p positive DEFAULT 1);

-- plan
