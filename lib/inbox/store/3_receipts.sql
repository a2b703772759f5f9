-- What was delivered and read, and was not told yet.
CREATE TABLE receipts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of happening
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  room TEXT NOT NULL,
  state TEXT NOT NULL, -- delivered or read
  at INTEGER NOT NULL, -- Unix time in milliseconds
  batch TEXT -- the id of the batch that it is told in; NULL before
);
CREATE INDEX receipts_by_batch ON receipts (batch) WHERE batch IS NOT NULL;
