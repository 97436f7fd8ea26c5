-- The position of the last message that the member has read; null where they have read none.
ALTER TABLE message_group_members ADD COLUMN read_at TIMESTAMPTZ;
ALTER TABLE message_group_members ADD COLUMN read_uuid UUID;
