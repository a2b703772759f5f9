-- The notification that a user has of a conversation. `previous`: earlier ones that may not be taken back yet, with blanks
-- between.
CREATE TABLE chat_notices (
  conversation BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  site TEXT NOT NULL,
  messages BIGINT NOT NULL, -- that it tells of
  last BIGINT NOT NULL, -- the message that it quotes
  notification TEXT NOT NULL,
  previous TEXT NOT NULL,
  PRIMARY KEY (conversation, user_id)
);
CREATE INDEX chat_notices_of_user ON chat_notices (site, user_id);
