-- The order in which rows became readable, which is not that of their times: a transaction may stamp
-- a row early and commit it late. A row's position is the id of the transaction that added it; below
-- the oldest transaction that is still running, nothing can be added any more. What was there before
-- has position 0.
ALTER TABLE activities ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
ALTER TABLE activities ALTER COLUMN position SET DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX activities_position_idx ON activities (position, created_at, uuid)
    WHERE reply_to_activity_uuid IS NULL AND visible_until IS NOT NULL;

ALTER TABLE notifications ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notifications ALTER COLUMN position SET DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX notifications_position_idx ON notifications (position, created_at, uuid);
CREATE INDEX notifications_user_position_idx
    ON notifications (user_uuid, position, created_at, uuid);
