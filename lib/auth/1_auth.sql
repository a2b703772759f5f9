-- What passes are signed with, on all nodes.
CREATE TABLE auth_secret (
  id BIGINT NOT NULL PRIMARY KEY, -- 1
  secret TEXT NOT NULL
);
