-- The group of a notification, whose newest one stands for the others in a folded list; NULL where it has none.
ALTER TABLE notifications ADD COLUMN group_name TEXT;
UPDATE notifications SET group_name = content ->> '$.details.group'
WHERE instr(content, '"group":') > 0 AND json_valid(content);
CREATE INDEX notifications_by_group ON notifications (site, user, group_name, offset)
  WHERE group_name IS NOT NULL;
