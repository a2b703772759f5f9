-- By which ways users can be reached beside the inbox, since they have devices. Who has no row has none.
CREATE TABLE reach (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  push INTEGER NOT NULL, -- 1: by a push
  mail INTEGER NOT NULL, -- 1: by a mail
  PRIMARY KEY (site, user_id)
);
