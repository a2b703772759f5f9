-- What pushes are signed with, where no setting says it.
CREATE TABLE push_secrets (
  id BIGINT NOT NULL PRIMARY KEY, -- 1 is the key of Web Push (VAPID)
  secret TEXT NOT NULL
);
