-- Notifications that wait for their time. All times are Unix times in milliseconds.
CREATE TABLE scheduled (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of acceptance, which decides among those of one time
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  room TEXT NOT NULL,
  text TEXT NOT NULL, -- the finished frame, but for its offset
  is_undated INTEGER NOT NULL, -- 1: and but for its timestamp
  deliver_at INTEGER NOT NULL,
  expires_at INTEGER
);
CREATE UNIQUE INDEX scheduled_id ON scheduled (site, user, id);
CREATE INDEX scheduled_by_id ON scheduled (site, id);
CREATE INDEX scheduled_by_time ON scheduled (deliver_at, seq);
