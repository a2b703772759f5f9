-- In place of the finished frame, the notification's content is stored: `from`, `message`, `event`, `data` and `tags`, in
-- JSON.
ALTER TABLE notifications ADD COLUMN at INTEGER NOT NULL DEFAULT 0; -- Unix time in seconds
UPDATE notifications SET
  at = coalesce(text ->> '$.timestamp', queued_at / 1000),
  text = json_object(
    'from', json_object('name', json(text -> '$.name')),
    'message', json(text -> '$.message')
  );
ALTER TABLE notifications RENAME COLUMN text TO content;

ALTER TABLE scheduled ADD COLUMN at INTEGER; -- NULL: the time it is delivered
UPDATE scheduled SET
  at = text ->> '$.timestamp',
  text = json_object(
    'from', json_object('name', json(text -> '$.name')),
    'message', json(text -> '$.message')
  );
ALTER TABLE scheduled RENAME COLUMN text TO content;
ALTER TABLE scheduled DROP COLUMN is_undated;
