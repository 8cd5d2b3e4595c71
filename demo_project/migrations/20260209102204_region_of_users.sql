-- Add 2 columns: accounts_user.locale, accounts_user.time_zone.
-- Made by django-schema-migrations 0.1.0, proved on PostgreSQL 18.4.

-- Add column "locale" to table "accounts_user"
ALTER TABLE "accounts_user" ADD COLUMN "locale" character varying(10) DEFAULT 'en'::character varying NOT NULL;

-- Add column "time_zone" to table "accounts_user"
ALTER TABLE "accounts_user" ADD COLUMN "time_zone" character varying(63) DEFAULT 'UTC'::character varying NOT NULL;
