-- Who was online, so that those who do not come back after a crash are offline. Hooks made this table before.
CREATE TABLE IF NOT EXISTS online_users (
  site TEXT NOT NULL,
  user TEXT NOT NULL,
  PRIMARY KEY (site, user)
) WITHOUT ROWID;

-- Has one row: until when a server was there that noted them.
CREATE TABLE presence_alive (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  at INTEGER NOT NULL
);

-- Has a row once somebody has asked for the presence of users: from then on it is followed.
CREATE TABLE presence_asked (
  at INTEGER NOT NULL
);
