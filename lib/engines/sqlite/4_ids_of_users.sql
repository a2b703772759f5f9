-- An id that a client made is its user's own: another user's message with the same id is another message. Where the message
-- is gone that would say whose an id is, the user is '': the id is whoever's, as it was, for the minutes that it is known.
ALTER TABLE publication_ids RENAME TO publication_ids_before;
CREATE TABLE publication_ids (
  channel INTEGER NOT NULL,
  user TEXT NOT NULL,
  id TEXT NOT NULL,
  offset INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, id, user)
) WITHOUT ROWID;
INSERT INTO publication_ids (channel, user, id, offset, at)
  SELECT before.channel, coalesce(said.content ->> '$.from.user', ''), before.id, before.offset, before.at
  FROM publication_ids_before AS before
  LEFT JOIN publications AS said
    ON said.channel = before.channel AND said.offset = before.offset AND said.id = before.id;
DROP TABLE publication_ids_before;
CREATE INDEX publication_ids_by_age ON publication_ids (at);
