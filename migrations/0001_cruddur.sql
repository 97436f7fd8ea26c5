-- Users and activities have the columns of the original Cruddur database, which is adopted as it
-- is, and three more:
--   words          the words that a row is found by, space-separated; null until indexed
--   visible_until  the instant from which no answer shows the row; null where none ever does: a
--                  row without an author, or a reply without a parent. A reply has that of its root.

CREATE TABLE IF NOT EXISTS users (
    uuid UUID NOT NULL PRIMARY KEY,
    display_name TEXT NOT NULL,
    handle TEXT NOT NULL,
    email TEXT NOT NULL,
    cognito_user_id TEXT NOT NULL,
    bio TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    words TEXT
);

CREATE UNIQUE INDEX users_handle_key ON users (handle);
CREATE UNIQUE INDEX users_lower_handle_key ON users (lower(handle));
CREATE INDEX users_cognito_user_id_idx ON users (cognito_user_id);
CREATE INDEX users_unindexed_idx ON users (uuid) WHERE words IS NULL;

CREATE TABLE IF NOT EXISTS activities (
    uuid UUID NOT NULL PRIMARY KEY,
    user_uuid UUID NOT NULL,
    message TEXT NOT NULL,
    replies_count INTEGER NOT NULL DEFAULT 0,
    reposts_count INTEGER NOT NULL DEFAULT 0,
    likes_count INTEGER NOT NULL DEFAULT 0,
    reply_to_activity_uuid UUID,
    expires_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    words TEXT,
    visible_until TIMESTAMPTZ
);

CREATE INDEX activities_home_idx ON activities (created_at, uuid)
    WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL;
CREATE INDEX activities_author_idx ON activities (user_uuid, created_at, uuid)
    WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL;
CREATE INDEX activities_replies_idx ON activities (reply_to_activity_uuid, created_at, uuid);
CREATE INDEX activities_visible_until_idx ON activities (visible_until, uuid);
CREATE INDEX activities_unindexed_idx ON activities (uuid) WHERE words IS NULL;

-- Likes and reposts.
CREATE TABLE reactions (
    kind TEXT NOT NULL,
    activity_uuid UUID NOT NULL REFERENCES activities (uuid) ON DELETE CASCADE,
    user_uuid UUID NOT NULL REFERENCES users (uuid),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (activity_uuid, user_uuid, kind)
);

CREATE INDEX reactions_users_idx ON reactions (activity_uuid, kind, created_at, user_uuid);

CREATE TABLE follows (
    follower_uuid UUID NOT NULL REFERENCES users (uuid),
    followed_uuid UUID NOT NULL REFERENCES users (uuid),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (follower_uuid, followed_uuid)
);

CREATE INDEX follows_followers_idx ON follows (followed_uuid, created_at, follower_uuid);
CREATE INDEX follows_following_idx ON follows (follower_uuid, created_at, followed_uuid);

-- visible_until is that of the activity, or never ends where there is none.
CREATE TABLE notifications (
    uuid UUID NOT NULL PRIMARY KEY,
    user_uuid UUID NOT NULL REFERENCES users (uuid),
    actor_uuid UUID NOT NULL REFERENCES users (uuid),
    kind TEXT NOT NULL,
    activity_uuid UUID REFERENCES activities (uuid) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    read_at TIMESTAMPTZ,
    visible_until TIMESTAMPTZ NOT NULL
);

CREATE INDEX notifications_user_idx ON notifications (user_uuid, created_at, uuid);
CREATE INDEX notifications_unread_idx ON notifications (user_uuid, created_at, uuid)
    WHERE read_at IS NULL;
CREATE INDEX notifications_activity_idx ON notifications (activity_uuid, actor_uuid, kind);
CREATE INDEX notifications_actor_idx ON notifications (actor_uuid, user_uuid)
    WHERE activity_uuid IS NULL;

CREATE TABLE idempotency_keys (
    user_uuid UUID NOT NULL,
    key TEXT NOT NULL,
    input_hash BYTEA NOT NULL,
    made_uuid UUID NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_uuid, key)
);

-- A conversation has two rows, one for each of its people.
CREATE TABLE message_group_members (
    user_uuid UUID NOT NULL,
    other_uuid UUID NOT NULL,
    group_uuid UUID NOT NULL,
    last_message TEXT NOT NULL,
    last_message_at TIMESTAMPTZ NOT NULL,
    last_message_uuid UUID NOT NULL,
    PRIMARY KEY (user_uuid, other_uuid)
);

CREATE UNIQUE INDEX message_group_members_group_key ON message_group_members (group_uuid, user_uuid);
CREATE INDEX message_group_members_latest_idx
    ON message_group_members (user_uuid, last_message_at, group_uuid);

CREATE TABLE messages (
    uuid UUID NOT NULL PRIMARY KEY,
    group_uuid UUID NOT NULL,
    user_uuid UUID NOT NULL,
    message TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX messages_group_idx ON messages (group_uuid, created_at, uuid);
