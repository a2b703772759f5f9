CREATE TABLE notes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order in which they were kept
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  message TEXT NOT NULL
);
CREATE INDEX notes_by_user ON notes (site, user, seq);
