-- Who follows which topic, so that a notification can be sent to all of them.
CREATE TABLE topic_followers (
  site TEXT NOT NULL,
  topic TEXT NOT NULL,
  user_id TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (site, topic, user_id)
);
CREATE INDEX topic_followers_of_user ON topic_followers (site, user_id, topic);

-- Whoever has ever been here as a user, so that a notification can be sent to everyone.
CREATE TABLE known_users (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (site, user_id)
);
