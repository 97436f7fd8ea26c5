-- Bans and erasure. banned_at is the time since which a user is banned; null for all others.
ALTER TABLE users ADD COLUMN banned_at TIMESTAMPTZ;
CREATE INDEX users_banned_idx ON users (uuid) WHERE banned_at IS NOT NULL;

-- One user for each sub. subject_is_shared marks the users of an adopted database that shared a sub
-- before there was the index.
ALTER TABLE users ADD COLUMN subject_is_shared BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE users SET subject_is_shared = TRUE WHERE cognito_user_id IN (
    SELECT cognito_user_id FROM users GROUP BY cognito_user_id HAVING count(*) > 1
);
CREATE UNIQUE INDEX users_subject_key ON users (cognito_user_id)
    WHERE NOT subject_is_shared AND upper(trim(cognito_user_id)) NOT IN ('', 'MOCK');

-- The visible_until of an activity that is hidden because its author, or the author of an activity
-- above it, is banned; null for all others.
ALTER TABLE activities ADD COLUMN hidden_until TIMESTAMPTZ;

-- What a user has posted and done, in the order in which it is hidden or erased.
CREATE INDEX activities_posted_idx ON activities (user_uuid, uuid);
CREATE INDEX reactions_user_idx ON reactions (user_uuid, activity_uuid);
CREATE INDEX notifications_actor_uuid_idx ON notifications (actor_uuid, uuid);

-- Activities of users that another program has deleted are never visible.
UPDATE activities SET visible_until = NULL
WHERE visible_until IS NOT NULL
    AND NOT EXISTS (SELECT FROM users WHERE users.uuid = activities.user_uuid);

CREATE FUNCTION users_hide_orphans() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE activities SET visible_until = NULL, hidden_until = NULL WHERE user_uuid = OLD.uuid;
    RETURN NULL;
END
$$;

CREATE TRIGGER users_hide_orphans AFTER DELETE ON users
    FOR EACH ROW EXECUTE FUNCTION users_hide_orphans();

-- Counts the statements that may have changed how users sign in. They also send the event to all
-- gateways, whichever program runs them.
CREATE TABLE account_changes (last BIGINT NOT NULL);
INSERT INTO account_changes (last) VALUES (0);

CREATE FUNCTION users_count_account_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account_changes SET last = last + 1;
    PERFORM pg_notify('cruddur_events', 'database accounts');
    RETURN NULL;
END
$$;

CREATE TRIGGER users_account_updated AFTER UPDATE OF banned_at, cognito_user_id, handle ON users
    FOR EACH STATEMENT EXECUTE FUNCTION users_count_account_change();
CREATE TRIGGER users_account_deleted AFTER DELETE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION users_count_account_change();
