-- The users of whom endpoints were told that they are online.
CREATE TABLE online_users (
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  PRIMARY KEY (site, user)
) WITHOUT ROWID;
