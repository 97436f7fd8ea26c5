-- Full-text indexes, which number their rows: *_words gives each row a number that stays. The words
-- come lower-case and separated by spaces: all that is not ASCII belongs to a word as it is.

CREATE TABLE user_words (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE);
CREATE VIRTUAL TABLE user_search USING fts5 (
    words, content = '', contentless_delete = 1,
    tokenize = "ascii tokenchars '#_'"
);

CREATE TRIGGER users_words_inserted AFTER INSERT ON users WHEN new.words IS NOT NULL BEGIN
    INSERT INTO user_words (uuid) VALUES (new.uuid);
    INSERT INTO user_search (rowid, words)
        SELECT id, new.words FROM user_words WHERE uuid = new.uuid;
END;

CREATE TRIGGER users_words_updated AFTER UPDATE OF words ON users BEGIN
    INSERT INTO user_words (uuid) VALUES (new.uuid) ON CONFLICT DO NOTHING;
    DELETE FROM user_search WHERE rowid = (SELECT id FROM user_words WHERE uuid = new.uuid);
    INSERT INTO user_search (rowid, words)
        SELECT id, new.words FROM user_words WHERE uuid = new.uuid;
END;

CREATE TABLE activity_words (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE);
CREATE VIRTUAL TABLE activity_search USING fts5 (
    words, content = '', contentless_delete = 1,
    tokenize = "ascii tokenchars '#_'"
);

CREATE TRIGGER activities_words_inserted AFTER INSERT ON activities WHEN new.words IS NOT NULL BEGIN
    INSERT INTO activity_words (uuid) VALUES (new.uuid);
    INSERT INTO activity_search (rowid, words)
        SELECT id, new.words FROM activity_words WHERE uuid = new.uuid;
END;

CREATE TRIGGER activities_words_updated AFTER UPDATE OF words ON activities BEGIN
    INSERT INTO activity_words (uuid) VALUES (new.uuid) ON CONFLICT DO NOTHING;
    DELETE FROM activity_search WHERE rowid = (SELECT id FROM activity_words WHERE uuid = new.uuid);
    INSERT INTO activity_search (rowid, words)
        SELECT id, new.words FROM activity_words WHERE uuid = new.uuid;
END;

CREATE TRIGGER activities_words_deleted AFTER DELETE ON activities BEGIN
    DELETE FROM activity_search
        WHERE rowid = (SELECT id FROM activity_words WHERE uuid = old.uuid);
    DELETE FROM activity_words WHERE uuid = old.uuid;
END;

-- Rows that come without visible_until, as those of a data set do.
CREATE TRIGGER activities_set_visible_until AFTER INSERT ON activities
WHEN new.visible_until IS NULL AND EXISTS (SELECT 1 FROM users WHERE uuid = new.user_uuid) BEGIN
    UPDATE activities SET visible_until = CASE
        WHEN new.reply_to_activity_uuid IS NULL
            THEN coalesce(new.expires_at, '9999-12-31T23:59:59+00:00')
        ELSE (SELECT visible_until FROM activities WHERE uuid = new.reply_to_activity_uuid)
    END
    WHERE uuid = new.uuid;
END;
