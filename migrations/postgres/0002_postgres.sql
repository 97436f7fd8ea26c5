CREATE INDEX users_words_idx ON users
    USING gin (array_to_tsvector(string_to_array(words, ' ')));
CREATE INDEX activities_words_idx ON activities
    USING gin (array_to_tsvector(string_to_array(words, ' ')));

-- The original's lambda and seed scripts insert users and activities without an id.
ALTER TABLE users ALTER COLUMN uuid SET DEFAULT gen_random_uuid();
ALTER TABLE activities ALTER COLUMN uuid SET DEFAULT gen_random_uuid();

-- They do not know visible_until either, nor does a data set.
CREATE FUNCTION activities_set_visible_until() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM users WHERE uuid = NEW.user_uuid) THEN
        IF NEW.reply_to_activity_uuid IS NULL THEN
            NEW.visible_until := coalesce(NEW.expires_at, '9999-12-31 23:59:59+00');
        ELSE
            SELECT visible_until INTO NEW.visible_until
            FROM activities WHERE uuid = NEW.reply_to_activity_uuid;
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER activities_set_visible_until BEFORE INSERT ON activities
    FOR EACH ROW WHEN (NEW.visible_until IS NULL)
    EXECUTE FUNCTION activities_set_visible_until();
