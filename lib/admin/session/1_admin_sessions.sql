-- Sessions of the dashboard. All times are Unix times in milliseconds.
CREATE TABLE admin_sessions (
  hash TEXT PRIMARY KEY, -- SHA-256 of what the browser holds, in hex
  key_id TEXT NOT NULL,
  ends_at INTEGER NOT NULL
);
