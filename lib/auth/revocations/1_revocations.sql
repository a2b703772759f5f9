-- What counts no more: tokens, sessions, all tokens that a user or a site had until then, and users who are blocked.
-- All times are Unix times in milliseconds.
CREATE TABLE revocations (
  site TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  at INTEGER NOT NULL,
  expires_at INTEGER, -- NULL: never
  PRIMARY KEY (site, kind, name)
) WITHOUT ROWID;

CREATE INDEX revocations_by_end ON revocations (expires_at) WHERE expires_at IS NOT NULL;
