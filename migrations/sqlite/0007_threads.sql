-- The thread of each reply, so that no read follows the replies up to their crud: root_uuid is the
-- crud, depth the number of activities above the reply. A crud has no root and depth 0; so has a
-- reply that is below no crud, which is never shown.
ALTER TABLE activities ADD COLUMN root_uuid UUID;
ALTER TABLE activities ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;

WITH RECURSIVE thread (uuid, root_uuid, depth) AS (
    SELECT r.uuid, c.uuid, 1 FROM activities AS r
    JOIN activities AS c ON c.uuid = r.reply_to_activity_uuid
    WHERE r.reply_to_activity_uuid IS NOT NULL AND c.reply_to_activity_uuid IS NULL
    UNION ALL
    SELECT r.uuid, t.root_uuid, t.depth + 1 FROM thread AS t
    JOIN activities AS r ON r.reply_to_activity_uuid = t.uuid
)
UPDATE activities SET root_uuid = t.root_uuid, depth = t.depth
FROM thread AS t WHERE t.uuid = activities.uuid;

-- No program that inserts a reply sets its root: not the gateway, an older one or a data set.
CREATE TRIGGER activities_set_thread AFTER INSERT ON activities
WHEN new.reply_to_activity_uuid IS NOT NULL BEGIN
    UPDATE activities SET (root_uuid, depth) = (
        SELECT CASE WHEN p.reply_to_activity_uuid IS NULL THEN p.uuid ELSE p.root_uuid END,
            p.depth + 1
        FROM activities AS p WHERE p.uuid = new.reply_to_activity_uuid
    )
    WHERE uuid = new.uuid
    AND EXISTS (SELECT 1 FROM activities WHERE uuid = new.reply_to_activity_uuid);
END;

-- For the deletion of the keys that have expired, of all users.
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
