-- Scheduled notifications that their inbox did not take when they were due, for somebody to look at. Times are Unix times in
-- milliseconds.
CREATE TABLE refused (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were refused
  reason TEXT NOT NULL,
  refused_at INTEGER NOT NULL,
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  room TEXT NOT NULL,
  content TEXT NOT NULL,
  deliver_at INTEGER NOT NULL,
  expires_at INTEGER
);
