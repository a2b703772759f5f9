-- What endpoints of applications have not been told of yet.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of happening
  log TEXT NOT NULL, -- the name of the endpoint
  count INTEGER NOT NULL, -- how many events the row has
  events TEXT NOT NULL -- each in a line, as JSON
);
CREATE INDEX events_by_log ON events (log, seq, count); -- so that events are counted without being read
-- How far each endpoint is.
CREATE TABLE event_logs (
  name TEXT PRIMARY KEY,
  batch TEXT, -- the id of the batch that is being told; NULL while there is none
  last INTEGER, -- the last row of that batch
  told INTEGER NOT NULL DEFAULT 0, -- how many dropped events that batch tells of
  at INTEGER, -- when the batch was made, Unix time in milliseconds
  dropped INTEGER NOT NULL DEFAULT 0 -- how many were dropped since
) WITHOUT ROWID;
