-- The thread of each reply, so that no read follows the replies up to their crud: root_uuid is the
-- crud, depth the number of activities above the reply. A crud has no root and depth 0; so has a
-- reply that is below no crud, which is never shown.
ALTER TABLE activities ADD COLUMN root_uuid UUID;
ALTER TABLE activities ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;

-- Each level by its index: a hash join would read the whole table once for every level.
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
WITH RECURSIVE thread (uuid, root_uuid, depth) AS (
    SELECT r.uuid, c.uuid, 1 FROM activities AS r
    JOIN activities AS c ON c.uuid = r.reply_to_activity_uuid
    WHERE r.reply_to_activity_uuid IS NOT NULL AND c.reply_to_activity_uuid IS NULL
    UNION ALL
    SELECT r.uuid, t.root_uuid, t.depth + 1 FROM thread AS t
    JOIN activities AS r ON r.reply_to_activity_uuid = t.uuid
)
UPDATE activities AS a SET root_uuid = t.root_uuid, depth = t.depth
FROM thread AS t WHERE t.uuid = a.uuid;
RESET enable_hashjoin;
RESET enable_mergejoin;

-- No program that inserts a reply sets its root: not the gateway, the original or a data set.
CREATE FUNCTION activities_set_thread() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE parent activities;
BEGIN
    SELECT * INTO parent FROM activities WHERE uuid = NEW.reply_to_activity_uuid;
    IF parent.reply_to_activity_uuid IS NULL THEN
        NEW.root_uuid := parent.uuid;
    ELSE
        NEW.root_uuid := parent.root_uuid;
    END IF;
    NEW.depth := coalesce(parent.depth + 1, 0);
    RETURN NEW;
END
$$;

CREATE TRIGGER activities_set_thread BEFORE INSERT ON activities
    FOR EACH ROW WHEN (NEW.reply_to_activity_uuid IS NOT NULL)
    EXECUTE FUNCTION activities_set_thread();

-- For the deletion of the keys that have expired, of all users.
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
