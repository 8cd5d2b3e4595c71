-- before
CREATE TABLE busy (id int PRIMARY KEY, a int, b int);
CREATE INDEX a_old ON busy (a);
CREATE TABLE changed (id int PRIMARY KEY, n int, gone int);
CREATE INDEX n_old ON changed (n);
CREATE VIEW seen AS SELECT id FROM busy;
INSERT INTO busy VALUES (1, 1, 1);

-- after
CREATE TABLE busy (id int PRIMARY KEY, a int, b int);
CREATE INDEX ab_new ON busy (a, b);
CREATE TABLE changed (id int PRIMARY KEY, n bigint, m int CHECK (m > 0), busy_id int REFERENCES busy);
CREATE INDEX m_new ON changed (m);
CREATE TYPE mood AS ENUM ('ok');
CREATE TABLE fresh (id int PRIMARY KEY, m mood, busy_id int REFERENCES busy, changed_id int REFERENCES changed);
CREATE INDEX fresh_m ON fresh (m);

-- plan
-- Create type "mood"
CREATE TYPE "mood" AS ENUM (
    'ok'
);

-- Create table "fresh"
CREATE TABLE "fresh" (
    "id" integer NOT NULL,
    "m" mood,
    "busy_id" integer,
    "changed_id" integer,
    CONSTRAINT "fresh_pkey" PRIMARY KEY (id)
);

-- Create index "fresh_m" on table "fresh"
CREATE INDEX "fresh_m" ON "fresh" USING btree (m);

-- Create index "ab_new" on table "busy"
CREATE INDEX "ab_new" ON "busy" USING btree (a, b);

-- Drop index "n_old" of table "changed"
DROP INDEX "n_old";

-- Alter table "changed": drop column "gone"; change the type of column "n"; add columns "m", "busy_id"; add check constraint "changed_m_check"; add foreign key "changed_busy_id_fkey"
ALTER TABLE "changed"
    DROP COLUMN "gone",
    ALTER COLUMN "n" TYPE bigint,
    ADD COLUMN "m" integer,
    ADD COLUMN "busy_id" integer,
    ADD CONSTRAINT "changed_m_check" CHECK (m > 0),
    ADD CONSTRAINT "changed_busy_id_fkey" FOREIGN KEY (busy_id) REFERENCES busy(id);

-- Create index "m_new" on table "changed"
CREATE INDEX "m_new" ON "changed" USING btree (m);

-- Add foreign keys "fresh_busy_id_fkey", "fresh_changed_id_fkey" to table "fresh"
ALTER TABLE "fresh"
    ADD CONSTRAINT "fresh_busy_id_fkey" FOREIGN KEY (busy_id) REFERENCES busy(id),
    ADD CONSTRAINT "fresh_changed_id_fkey" FOREIGN KEY (changed_id) REFERENCES changed(id);

-- Drop index "a_old" of table "busy"
DROP INDEX "a_old";

-- Drop view "seen"
DROP VIEW seen;
