-- What is to be done of notifications at a time of their users' own. All times are Unix milliseconds.
CREATE TABLE notification_timers (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  what TEXT NOT NULL,
  ref TEXT NOT NULL,
  due_at BIGINT NOT NULL,
  priority INTEGER NOT NULL,
  set_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  held_until BIGINT NOT NULL,
  PRIMARY KEY (site, user_id, what, ref)
);
CREATE INDEX notification_timers_by_time ON notification_timers (due_at);

-- Notifications that come together: those of a digest that is still open have none.
CREATE TABLE digest_items (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  said_at BIGINT NOT NULL,
  digest TEXT NOT NULL,
  item TEXT NOT NULL,
  PRIMARY KEY (site, user_id, id)
);
CREATE INDEX digest_items_by_digest ON digest_items (site, user_id, kind, digest, said_at);

-- Which notifications came at once of kinds of which not too many may.
CREATE TABLE notification_passes (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (site, user_id, kind, id)
);

-- What became of notifications that did not come into an inbox.
CREATE TABLE notification_outcomes (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  digest TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (site, id, user_id)
);
CREATE INDEX notification_outcomes_by_time ON notification_outcomes (at);
CREATE INDEX notification_outcomes_of_user ON notification_outcomes (site, user_id);
