-- before
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (m mood DEFAULT 'ok', n mood[]);

-- after
CREATE TYPE state AS ENUM ('ok', 'sad', 'new'); CREATE TABLE t (m state DEFAULT 'ok', n state[]);

-- plan
-- Create type "state"
CREATE TYPE "state" AS ENUM (
    'ok',
    'sad',
    'new'
);

-- Alter table "t": change the type of columns "m", "n"; set the default of column "m"
ALTER TABLE "t"
    ALTER COLUMN "m" DROP DEFAULT,
    ALTER COLUMN "m" TYPE state USING "m"::text::state,
    ALTER COLUMN "n" TYPE state[] USING "n"::text[]::state[],
    ALTER COLUMN "m" SET DEFAULT 'ok'::state;

-- Drop type "mood"
DROP TYPE "mood";
