-- What the project adds to its models: types, policies, triggers, views, grants.
CREATE TYPE plan AS ENUM ('free', 'pro');
CREATE DOMAIN handle AS extensions.citext CHECK (VALUE ~ '^[a-z]+$');

ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Profiles are public" ON profiles
    FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY "Own profile" ON profiles FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = user_id) WITH CHECK ((SELECT auth.uid()) = user_id);
CREATE FUNCTION handle_new_user() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.profiles (user_id, name) VALUES (new.id, '');
    RETURN new;
END $$;
REVOKE ALL ON FUNCTION handle_new_user() FROM PUBLIC, anon, authenticated;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users
    FOR EACH ROW EXECUTE FUNCTION handle_new_user();
CREATE TRIGGER handle_updated_at BEFORE UPDATE ON profiles
    FOR EACH ROW EXECUTE FUNCTION extensions.moddatetime(updated_at);
CREATE POLICY "Own folder" ON storage.objects FOR INSERT TO authenticated WITH CHECK (
    bucket_id = 'avatars' AND (storage.foldername(name))[1] = (SELECT auth.uid()::text)
);

CREATE VIEW public_profiles WITH (security_invoker = true) AS
    SELECT user_id, name FROM profiles;
REVOKE ALL ON public_profiles FROM anon, authenticated;
GRANT SELECT ON public_profiles TO anon, authenticated;

CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at date NOT NULL,
    path extensions.ltree,
    named handle,
    under plan NOT NULL DEFAULT 'free',
    token text DEFAULT encode(extensions.gen_random_bytes(16), 'hex'),
    year integer GENERATED ALWAYS AS (extract(year FROM at)::integer) STORED,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE events_2026 PARTITION OF events
    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX ON events USING gist (path);
ALTER TABLE events ENABLE ROW LEVEL SECURITY;

ALTER PUBLICATION supabase_realtime ADD TABLE profiles;
