-- When users were there last, in Unix milliseconds: those who are offline.
CREATE TABLE last_seen (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (site, user_id)
);
