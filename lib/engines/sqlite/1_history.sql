-- The channels whose history is in this file, because they are `persistent`. Times are Unix times in milliseconds.
CREATE TABLE channels (
  seq INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE, -- site, kind and name, with line breaks between
  epoch TEXT NOT NULL DEFAULT (lower(hex(randomblob(4)))),
  offset INTEGER NOT NULL DEFAULT 0, -- of the last publication
  ends_at INTEGER, -- when the publications are dropped; NULL while there are none
  expires_at INTEGER NOT NULL -- when the whole channel is dropped
);

CREATE TABLE publications (
  channel INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  room TEXT NOT NULL,
  text TEXT NOT NULL, -- the finished frame
  PRIMARY KEY (channel, offset)
) WITHOUT ROWID;

-- The ids that clients made, kept for some minutes: the same id is the same publication.
CREATE TABLE publication_ids (
  channel INTEGER NOT NULL,
  id TEXT NOT NULL,
  offset INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, id)
) WITHOUT ROWID;
CREATE INDEX publication_ids_by_age ON publication_ids (at);
