-- What users have chosen of their notifications. Who has no row has chosen nothing.
CREATE TABLE preferences (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  body TEXT NOT NULL, -- JSON, as answers show it
  version BIGINT NOT NULL, -- rises with each change
  PRIMARY KEY (site, user_id)
);
-- What applications have set for kinds of notifications.
CREATE TABLE kinds (
  site TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL, -- JSON, as answers show it
  version BIGINT NOT NULL, -- rises with each change
  PRIMARY KEY (site, kind)
);
-- What links are signed with by which somebody unsubscribes: one row.
CREATE TABLE preference_secret (
  id BIGINT NOT NULL PRIMARY KEY, -- 1
  secret TEXT NOT NULL
);
