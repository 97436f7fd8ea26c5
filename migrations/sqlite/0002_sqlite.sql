-- Full-text indexes, which number their rows: *_words gives each row a number that stays.

CREATE TABLE user_words (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE);
CREATE VIRTUAL TABLE user_search USING fts5 (
    words, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '#_'"
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
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '#_'"
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
