-- Rooms that were made while the server runs, with the fields of their rules as JSON. Times are Unix times in milliseconds.
CREATE TABLE made_rooms (
  site TEXT NOT NULL,
  pattern TEXT NOT NULL,
  fields TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  at INTEGER NOT NULL, -- when it was changed last
  PRIMARY KEY (site, pattern)
) WITHOUT ROWID;
