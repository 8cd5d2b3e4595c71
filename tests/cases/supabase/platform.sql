-- What a platform such as Supabase makes, as its administrator.
CREATE ROLE anon NOLOGIN NOINHERIT;
CREATE ROLE authenticated NOLOGIN NOINHERIT;
CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, authenticated, service_role TO authenticator;
CREATE ROLE supabase_auth_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_storage_admin LOGIN NOINHERIT CREATEROLE;
CREATE ROLE supabase_realtime_admin NOLOGIN NOINHERIT;
CREATE ROLE owner LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS;
GRANT anon, authenticated, service_role, pg_monitor TO owner;

ALTER ROLE owner SET search_path TO "$user", public, extensions;
ALTER ROLE anon SET statement_timeout TO '3s';
ALTER ROLE authenticated SET statement_timeout TO '8s';
ALTER ROLE supabase_auth_admin SET search_path TO auth;
DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO owner', current_database()); END $$;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "app.settings.jwt_exp" TO %L', current_database(), '3600'); END $$;

ALTER SCHEMA public OWNER TO pg_database_owner;
GRANT USAGE, CREATE ON SCHEMA public TO owner;
GRANT USAGE ON SCHEMA public TO anon, authenticated, service_role;

CREATE SCHEMA extensions AUTHORIZATION owner;
GRANT USAGE ON SCHEMA extensions TO anon, authenticated, service_role;
CREATE EXTENSION pgcrypto SCHEMA extensions;
CREATE EXTENSION "uuid-ossp" SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION hstore SCHEMA extensions;
CREATE EXTENSION ltree SCHEMA extensions;
CREATE EXTENSION unaccent SCHEMA extensions;
CREATE EXTENSION btree_gist SCHEMA extensions;
CREATE EXTENSION pg_stat_statements SCHEMA extensions;
CREATE EXTENSION moddatetime SCHEMA extensions;
CREATE EXTENSION postgres_fdw SCHEMA extensions;

CREATE SCHEMA auth AUTHORIZATION supabase_auth_admin;
GRANT USAGE ON SCHEMA auth TO owner, anon, authenticated, service_role;
SET SESSION AUTHORIZATION supabase_auth_admin;
CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn');
CREATE DOMAIN auth.phone AS text CHECK (VALUE ~ '^[0-9]+$');
CREATE TABLE auth.users (
    instance_id uuid,
    id uuid NOT NULL PRIMARY KEY,
    email varchar(255) UNIQUE,
    phone auth.phone UNIQUE,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    confirmed_at timestamptz,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz,
    confirmation_token varchar(255),
    is_anonymous boolean NOT NULL DEFAULT false
);
CREATE INDEX users_instance_id_email_idx ON auth.users (instance_id, lower(email::text));
CREATE UNIQUE INDEX confirmation_token_idx ON auth.users (confirmation_token) WHERE confirmation_token !~ '^[0-9 ]*$';
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
CREATE TABLE auth.identities (
    id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    identity_data jsonb NOT NULL,
    provider text NOT NULL,
    email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
    factor auth.factor_type
);
COMMENT ON COLUMN auth.identities.email IS 'Auth: a copy of identity_data.email';
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT nullif(current_setting('request.jwt.claim.role', true), '')::text
$$;
GRANT ALL ON ALL TABLES IN SCHEMA auth TO owner;
GRANT SELECT, REFERENCES, TRIGGER ON auth.users TO owner;
GRANT ALL ON ALL FUNCTIONS IN SCHEMA auth TO owner;
ALTER DEFAULT PRIVILEGES IN SCHEMA auth GRANT ALL ON TABLES TO owner;
RESET SESSION AUTHORIZATION;

CREATE SCHEMA storage AUTHORIZATION supabase_storage_admin;
GRANT USAGE ON SCHEMA storage TO owner, anon, authenticated, service_role;
SET SESSION AUTHORIZATION supabase_storage_admin;
CREATE TABLE storage.buckets (id text PRIMARY KEY, name text NOT NULL UNIQUE, owner uuid, public boolean DEFAULT false);
CREATE TABLE storage.objects (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    bucket_id text REFERENCES storage.buckets,
    name text COLLATE "C",
    owner uuid,
    path_tokens text[] GENERATED ALWAYS AS (string_to_array(name, '/')) STORED,
    metadata jsonb
);
CREATE UNIQUE INDEX bucketid_objname ON storage.objects (bucket_id, name);
CREATE INDEX name_prefix_search ON storage.objects (name text_pattern_ops);
CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN (string_to_array(name, '/'))[1:array_length(string_to_array(name, '/'), 1) - 1]; END $$;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
GRANT ALL ON ALL TABLES IN SCHEMA storage TO owner, anon, authenticated, service_role;
RESET SESSION AUTHORIZATION;
CREATE POLICY "Avatars are public" ON storage.objects FOR SELECT USING (bucket_id = 'avatars');

CREATE SCHEMA realtime;
GRANT USAGE ON SCHEMA realtime TO owner, anon, authenticated, service_role;
CREATE TYPE realtime.equality_op AS ENUM ('eq', 'neq', 'lt');
CREATE TYPE realtime.wal_column AS (name text, type_name text, value jsonb, is_pkey boolean);
CREATE TABLE realtime.messages (
    topic text NOT NULL, payload jsonb, private boolean DEFAULT false,
    inserted_at timestamp NOT NULL DEFAULT now(), id uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (id, inserted_at)
) PARTITION BY RANGE (inserted_at);
CREATE TABLE realtime.messages_2026_01_12 PARTITION OF realtime.messages FOR VALUES FROM ('2026-01-12') TO ('2026-01-13');
CREATE UNLOGGED TABLE realtime.subscription (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, entity regclass NOT NULL, filters realtime.equality_op[]);
CREATE FUNCTION realtime.topic() RETURNS text LANGUAGE sql STABLE AS $$ SELECT nullif(current_setting('realtime.topic', true), '')::text $$;
ALTER TABLE realtime.messages OWNER TO supabase_realtime_admin;
ALTER TABLE realtime.messages ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON realtime.messages TO anon, authenticated;

CREATE SCHEMA graphql_public;
GRANT USAGE ON SCHEMA graphql_public TO anon, authenticated, service_role;
CREATE FUNCTION graphql_public.graphql("operationName" text DEFAULT NULL, query text DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql AS $$ BEGIN RETURN '{}'::jsonb; END $$;

CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN NOTIFY pgrst, 'reload schema'; END $$;
CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
CREATE FUNCTION extensions.set_graphql_placeholder() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM 1 FROM pg_event_trigger_dropped_objects(); END $$;
CREATE EVENT TRIGGER issue_graphql_placeholder ON sql_drop WHEN TAG IN ('DROP EXTENSION') EXECUTE FUNCTION extensions.set_graphql_placeholder();
ALTER FUNCTION extensions.pgrst_ddl_watch() OWNER TO owner;

CREATE PUBLICATION supabase_realtime;
ALTER PUBLICATION supabase_realtime OWNER TO owner;

SET SESSION AUTHORIZATION owner;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON SEQUENCES TO anon, authenticated, service_role;
RESET SESSION AUTHORIZATION;
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO owner;
GRANT supabase_storage_admin TO owner;
