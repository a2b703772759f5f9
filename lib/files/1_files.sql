-- Files, from before their bytes come until after they are gone. Times are Unix milliseconds.
CREATE TABLE files (
  id TEXT NOT NULL PRIMARY KEY,
  site TEXT NOT NULL,
  owner TEXT NOT NULL, -- '': an application, as itself
  state TEXT NOT NULL, -- 'coming', 'stored', 'going'
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  bytes BIGINT NOT NULL, -- while it comes: those that count for the limits, so those announced
  sha256 TEXT,
  width BIGINT,
  height BIGINT,
  length BIGINT, -- of an upload, where it is known
  safe_offset BIGINT NOT NULL, -- the bytes of an upload that are safe
  own_id TEXT, -- the id that the uploader made for it
  created_at BIGINT NOT NULL,
  due_at BIGINT -- when it goes: an upload that nobody goes on with, a file that nobody uses; NULL: it is in use
);
CREATE UNIQUE INDEX files_by_own_id ON files (site, owner, own_id) WHERE own_id IS NOT NULL;
CREATE INDEX files_of_owner ON files (site, owner, created_at, id);
CREATE INDEX files_due ON files (due_at) WHERE due_at IS NOT NULL;

-- Where files stand. A row is written by the transaction that writes what uses the file.
CREATE TABLE file_uses (
  file TEXT NOT NULL,
  kind TEXT NOT NULL, -- 'message', 'notification'
  ref TEXT NOT NULL, -- which one
  site TEXT NOT NULL,
  user_id TEXT, -- who reads it by this use; NULL: the kind says who
  until_at BIGINT, -- when it counts no more; NULL: as long as it is there
  PRIMARY KEY (file, kind, ref)
);
CREATE INDEX file_uses_by_ref ON file_uses (kind, ref);
CREATE INDEX file_uses_until ON file_uses (until_at) WHERE until_at IS NOT NULL;
CREATE INDEX file_uses_of_user ON file_uses (site, user_id) WHERE user_id IS NOT NULL;

-- How many files and bytes each user has (owner 'u' with the user's id), and each site in all (owner '*'), with those that
-- are coming.
CREATE TABLE file_totals (
  site TEXT NOT NULL,
  owner TEXT NOT NULL,
  files BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (site, owner)
);

-- What links are signed with, on all nodes.
CREATE TABLE file_secret (
  id BIGINT NOT NULL PRIMARY KEY, -- 1
  secret TEXT NOT NULL
);
