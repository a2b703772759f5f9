-- What has begun, and the events that tell of its end: a server that did not end by itself tells them at its next start.
CREATE TABLE event_endings (
  key TEXT PRIMARY KEY,
  logs TEXT NOT NULL, -- as JSON
  event TEXT NOT NULL -- as JSON
) WITHOUT ROWID;
