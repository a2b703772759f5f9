-- What both dialects have of conversations. Times are Unix milliseconds by the database's clock. Ids are given by the dialects'
-- own means, so those two tables are in `1_conversations.sqlite.sql` and `1_conversations.postgres.sql`.

-- Who is, or was, in a conversation, and how far this user has read it. `from_offset`: what came up to there is not for this
-- user. `read_tally`: how many messages were counted up to `read`. `shown_read`: how far others may know that this user has read.
CREATE TABLE chat_members (
  conversation BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  site TEXT NOT NULL,
  role TEXT NOT NULL,
  joined_at BIGINT NOT NULL,
  from_offset BIGINT NOT NULL,
  left_at BIGINT,
  read BIGINT NOT NULL,
  read_tally BIGINT NOT NULL,
  shown_read BIGINT NOT NULL,
  delivered BIGINT NOT NULL,
  muted_until BIGINT NOT NULL DEFAULT 0,
  pinned BIGINT NOT NULL DEFAULT 0,
  archived BIGINT NOT NULL DEFAULT 0,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (conversation, user_id)
);
CREATE INDEX chat_members_of_user ON chat_members (site, user_id, conversation);

-- The name by which a user was known last.
CREATE TABLE chat_users (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (site, user_id)
);

-- Where a user is mentioned in what this user has not read yet.
CREATE TABLE chat_mentions (
  conversation BIGINT NOT NULL,
  user_id TEXT NOT NULL,
  "offset" BIGINT NOT NULL,
  PRIMARY KEY (conversation, user_id, "offset")
);

CREATE TABLE chat_reactions (
  conversation BIGINT NOT NULL,
  "offset" BIGINT NOT NULL,
  emoji TEXT NOT NULL,
  user_id TEXT NOT NULL,
  reacted_at BIGINT NOT NULL,
  PRIMARY KEY (conversation, "offset", emoji, user_id)
);
CREATE INDEX chat_reactions_of_user ON chat_reactions (user_id, conversation);
