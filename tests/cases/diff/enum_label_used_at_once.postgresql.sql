-- before
CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (m mood); CREATE TABLE u (a integer);

-- after
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s fine'); CREATE TABLE t (m mood DEFAULT 'it''s fine'); CREATE TABLE u (a integer, m mood CHECK (m <> 'it''s fine'));

-- plan
-- atlas:txmode none

-- Add label 'it''s fine' to type "mood"
ALTER TYPE "mood" ADD VALUE 'it''s fine' AFTER 'ok';

-- Set the default of column "m" of table "t"
ALTER TABLE "t" ALTER COLUMN "m" SET DEFAULT 'it''s fine'::mood;

-- Alter table "u": add column "m"; add check constraint "u_m_check"
ALTER TABLE "u"
    ADD COLUMN "m" mood,
    ADD CONSTRAINT "u_m_check" CHECK (m <> 'it''s fine'::mood);
