-- What is scheduled for a user: the content of each notification, and 200 bytes for all else.
CREATE TABLE scheduled_bytes (
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (site, user)
) WITHOUT ROWID;
INSERT INTO scheduled_bytes (site, user, bytes)
SELECT site, user, sum(octet_length(content) + 200) FROM scheduled GROUP BY site, user;
