-- Who was online. Presence has the table by now.
CREATE TABLE IF NOT EXISTS online_users (
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  PRIMARY KEY (site, user)
) WITHOUT ROWID;
