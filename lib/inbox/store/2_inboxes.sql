-- One row for each user. Offsets rise by one in an inbox, whatever is deleted.
CREATE TABLE inboxes (
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  epoch TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)))),
  offset INTEGER NOT NULL DEFAULT 0, -- of the last notification
  dropped INTEGER NOT NULL DEFAULT 0, -- highest offset of an unread one that retention dropped
  PRIMARY KEY (site, user)
) WITHOUT ROWID;

-- All times are Unix times in milliseconds.
ALTER TABLE notifications ADD COLUMN offset INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notifications ADD COLUMN delivered_at INTEGER;
ALTER TABLE notifications ADD COLUMN read_at INTEGER;
ALTER TABLE notifications ADD COLUMN archived_at INTEGER;
ALTER TABLE notifications ADD COLUMN expires_at INTEGER;

UPDATE notifications SET
  offset = counted.number,
  text = '{"offset":' || counted.number || ',' || substr(text, 2),
  queued_at = unixepoch() * 1000
FROM (
  SELECT seq, row_number() OVER (PARTITION BY site, user ORDER BY seq) AS number FROM notifications
) AS counted
WHERE counted.seq = notifications.seq;
INSERT INTO inboxes (site, user, offset)
  SELECT site, user, max(offset) FROM notifications GROUP BY site, user;

DROP INDEX notifications_by_user;
CREATE UNIQUE INDEX notifications_by_offset ON notifications (site, user, offset);
CREATE INDEX notifications_unread ON notifications (site, user) WHERE read_at IS NULL;
CREATE INDEX notifications_done ON notifications (site, user, offset)
  WHERE read_at IS NOT NULL OR archived_at IS NOT NULL;
CREATE INDEX notifications_by_id ON notifications (site, id);
CREATE INDEX notifications_by_age ON notifications (queued_at);

-- Ids that callers made, for a day: the same id is the same notification, even if that was deleted.
CREATE TABLE callers_ids (
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (site, user, id)
) WITHOUT ROWID;
CREATE INDEX callers_ids_by_age ON callers_ids (at);
