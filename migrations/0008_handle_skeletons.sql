-- What a handle looks like, so that a new user cannot have a handle that another one can be confused
-- with. handle_skeleton is null until indexed. Users who came with a handle that looks like that of
-- another user have `=` and their uuid there.
ALTER TABLE users ADD COLUMN handle_skeleton TEXT;
CREATE UNIQUE INDEX users_handle_skeleton_key ON users (handle_skeleton);
CREATE INDEX users_without_skeleton_idx ON users (uuid) WHERE handle_skeleton IS NULL;
