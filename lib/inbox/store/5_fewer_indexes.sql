-- Each index costs a page of the log for every notification: the indexes that are left serve more than one question.
DROP INDEX notifications_id;
DROP INDEX notifications_by_id;
CREATE UNIQUE INDEX notifications_id ON notifications (site, id, user);

-- What is not sent is not read, so one index serves both questions.
DROP INDEX notifications_queued;
DROP INDEX notifications_unread;
CREATE INDEX notifications_unread ON notifications (site, user, sent_at, room, offset)
  WHERE read_at IS NULL;

CREATE INDEX notifications_by_end ON notifications (expires_at) WHERE expires_at IS NOT NULL;

-- A user may have thousands of notifications, too many to count for each new one, so `size` keeps the count. The server
-- keeps it right: with a trigger, a deletion costs five times as much.
ALTER TABLE inboxes ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
UPDATE inboxes SET size = counted.size
FROM (SELECT site, user, count(*) AS size FROM notifications GROUP BY site, user) AS counted
WHERE counted.site = inboxes.site AND counted.user = inboxes.user;
