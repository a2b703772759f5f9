-- What was managed: who did what to whom, from where. Times are Unix milliseconds.
CREATE TABLE admin_audit (
  id TEXT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  site TEXT NOT NULL, -- that it was done on
  who TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  address TEXT NOT NULL
);
CREATE INDEX admin_audit_by_time ON admin_audit (at, id);
CREATE INDEX admin_audit_of_site ON admin_audit (site, at, id);
