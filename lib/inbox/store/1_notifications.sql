CREATE TABLE notifications (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of acceptance
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  room TEXT NOT NULL,
  text TEXT NOT NULL, -- the finished frame
  sent_at INTEGER -- Unix time in milliseconds; NULL while it is queued
);
CREATE UNIQUE INDEX notifications_id ON notifications (site, user, id);
CREATE INDEX notifications_by_user ON notifications (site, user, seq);
CREATE INDEX notifications_queued ON notifications (site, user, room, seq) WHERE sent_at IS NULL;
