-- Notifications that go to many users: what is sent, and how far it is. Times are Unix milliseconds.
CREATE TABLE broadcasts (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  audience TEXT NOT NULL,
  request TEXT NOT NULL,
  asked TEXT NOT NULL,
  accepted_at BIGINT NOT NULL,
  deliver_at BIGINT NOT NULL,
  recipients INTEGER,
  work TEXT NOT NULL,
  page INTEGER NOT NULL,
  after_user TEXT NOT NULL,
  stored INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  withheld INTEGER NOT NULL,
  done_at BIGINT,
  holder TEXT NOT NULL,
  held_until BIGINT NOT NULL,
  PRIMARY KEY (site, id)
);
CREATE INDEX broadcasts_by_work ON broadcasts (work, accepted_at);

-- The recipients, some hundred in a row.
CREATE TABLE broadcast_pages (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  page INTEGER NOT NULL,
  users TEXT NOT NULL,
  PRIMARY KEY (site, id, page)
);
