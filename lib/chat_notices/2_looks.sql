-- Up to which message it was looked, some time after they were said, whether they have come to their users.
CREATE TABLE chat_notice_looks (
  name TEXT NOT NULL PRIMARY KEY,
  message BIGINT NOT NULL
);
