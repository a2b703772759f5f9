-- Who was online, so that those who do not come back after a crash are offline. Hooks made this table before.
CREATE TABLE IF NOT EXISTS online_users (
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  PRIMARY KEY (site, user)
) WITHOUT ROWID;

-- Has a row once somebody has asked for the presence of users: from then on it is followed.
CREATE TABLE presence_asked (
  at INTEGER NOT NULL
);
