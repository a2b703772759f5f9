-- What the notifications of an inbox take: the content of each, and 200 bytes for all else.
ALTER TABLE inboxes ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE inboxes SET bytes = counted.bytes
FROM (
  -- In the order of the file: by the index, a large file would be read here and there, many times as long.
  SELECT site, user, sum(octet_length(content) + 200) AS bytes FROM notifications NOT INDEXED
  GROUP BY site, user
) AS counted
WHERE counted.site = inboxes.site AND counted.user = inboxes.user;

-- The Unix time in milliseconds at which the user last came, give or take half a day, or was last sent something: an empty
-- inbox does not stay for ever.
ALTER TABLE inboxes ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
UPDATE inboxes SET touched_at = unixepoch() * 1000;
