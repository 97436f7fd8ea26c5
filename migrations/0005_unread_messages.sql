-- The number of messages that a user has received and not read, in all conversations. It is kept in
-- the transactions that add messages and mark them as read.
CREATE TABLE unread_messages (
    user_uuid UUID NOT NULL PRIMARY KEY,
    count BIGINT NOT NULL
);

INSERT INTO unread_messages (user_uuid, count)
SELECT g.user_uuid, count(*) FROM message_group_members AS g
JOIN messages AS m ON m.group_uuid = g.group_uuid AND m.user_uuid <> g.user_uuid
    AND (g.read_at IS NULL OR (m.created_at, m.uuid) > (g.read_at, g.read_uuid))
GROUP BY g.user_uuid;
