-- Each index costs every notification a page of the log: those that are left serve more than one question.
DROP INDEX notifications_id;
DROP INDEX notifications_by_id;
CREATE UNIQUE INDEX notifications_id ON notifications (site, id, user);

-- Who has read one has got it: what is not sent is not read.
DROP INDEX notifications_queued;
DROP INDEX notifications_unread;
CREATE INDEX notifications_unread ON notifications (site, user, sent_at, room, offset)
  WHERE read_at IS NULL;

CREATE INDEX notifications_by_end ON notifications (expires_at) WHERE expires_at IS NOT NULL;

-- Of one user's notifications there may be thousands: too many to count for each new one. The server keeps
-- this: with a trigger, a deletion costs five times as much.
ALTER TABLE inboxes ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
UPDATE inboxes SET size = counted.size
FROM (SELECT site, user, count(*) AS size FROM notifications GROUP BY site, user) AS counted
WHERE counted.site = inboxes.site AND counted.user = inboxes.user;
