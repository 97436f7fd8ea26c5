-- The order in which rows became readable, which is not that of their times. One transaction writes
-- at a time, so a counter tells it. What was there before has position 0.
CREATE TABLE positions (last BIGINT NOT NULL);
INSERT INTO positions (last) VALUES (0);

ALTER TABLE activities ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
CREATE INDEX activities_position_idx ON activities (position, created_at, uuid)
    WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL;
CREATE TRIGGER activities_set_position AFTER INSERT ON activities BEGIN
    UPDATE positions SET last = last + 1;
    UPDATE activities SET position = (SELECT last FROM positions) WHERE uuid = new.uuid;
END;

ALTER TABLE notifications ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
CREATE INDEX notifications_position_idx ON notifications (position, created_at, uuid);
CREATE INDEX notifications_user_position_idx
    ON notifications (user_uuid, position, created_at, uuid);
CREATE TRIGGER notifications_set_position AFTER INSERT ON notifications BEGIN
    UPDATE positions SET last = last + 1;
    UPDATE notifications SET position = (SELECT last FROM positions) WHERE uuid = new.uuid;
END;
