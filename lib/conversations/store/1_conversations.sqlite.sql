-- Conversations and messages in SQLite. An id is never given twice. An empty `user_id` or `created_by` is the application's.
CREATE TABLE conversations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  site TEXT NOT NULL,
  kind TEXT NOT NULL,
  pair TEXT,
  created_by TEXT NOT NULL,
  own_id TEXT,
  name TEXT,
  picture TEXT,
  data TEXT,
  history TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  active_at BIGINT NOT NULL,
  ended_at BIGINT,
  "offset" BIGINT NOT NULL DEFAULT 0,
  epoch TEXT NOT NULL,
  last_offset BIGINT NOT NULL DEFAULT 0,
  tally BIGINT NOT NULL DEFAULT 0,
  messages BIGINT NOT NULL DEFAULT 0,
  members_count BIGINT NOT NULL DEFAULT 0,
  members_version BIGINT NOT NULL DEFAULT 0,
  dropped_offset BIGINT NOT NULL DEFAULT 0,
  dropped_tally BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX conversations_pair ON conversations (site, pair) WHERE pair IS NOT NULL;
CREATE UNIQUE INDEX conversations_own ON conversations (site, created_by, own_id)
  WHERE own_id IS NOT NULL;

CREATE TABLE chat_messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  site TEXT NOT NULL,
  conversation BIGINT NOT NULL,
  "offset" BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  tally BIGINT NOT NULL,
  kind TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT,
  text TEXT,
  data TEXT,
  file TEXT,
  reply_to BIGINT,
  mentions TEXT,
  system TEXT,
  own_id TEXT,
  digest TEXT,
  created_at BIGINT NOT NULL,
  edited_at BIGINT,
  deleted_at BIGINT,
  reactions BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX chat_messages_place ON chat_messages (conversation, "offset");
CREATE INDEX chat_messages_changed ON chat_messages (conversation, changed);
-- By it an erasure finds the messages of one user, too.
CREATE UNIQUE INDEX chat_messages_own ON chat_messages (conversation, user_id, own_id);

-- The words of messages, each behind the number of its conversation: a search touches no other conversation's.
CREATE VIRTUAL TABLE chat_words USING fts5(
  words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars ':'"
);
