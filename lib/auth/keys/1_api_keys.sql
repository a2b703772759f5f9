-- Keys to the HTTP API. All times are Unix times in milliseconds.
CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  site TEXT NOT NULL,
  scopes TEXT NOT NULL, -- with commas between
  hash TEXT NOT NULL, -- SHA-256 of the secret, in hex
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER
);
