-- The messages of a conversation that have a file, by their kind, the newest at the end.
CREATE INDEX chat_messages_files ON chat_messages (conversation, kind, "offset")
  WHERE file IS NOT NULL;
