-- Replaces the finished frame with the publication's content in JSON: `from`, `message`, `event`, `data` and `tags`.
ALTER TABLE publications ADD COLUMN at INTEGER NOT NULL DEFAULT 0; -- Unix time in seconds
UPDATE publications SET
  at = coalesce(text ->> '$.timestamp', 0),
  text = json_object(
    'from', json_object(
      'user', CAST(text ->> '$.user_id' AS TEXT),
      'name', json(text -> '$.name')
    ),
    'message', json(text -> '$.message')
  );
ALTER TABLE publications RENAME COLUMN text TO content;
-- The room is the channel's name.
ALTER TABLE publications DROP COLUMN room;
