-- Events that are written with what they tell of, and wait here until they are in the logs of those who are told.
CREATE TABLE event_outbox (
  id TEXT NOT NULL PRIMARY KEY,
  due_at BIGINT NOT NULL, -- when another node carries it on
  event TEXT NOT NULL
);
CREATE INDEX event_outbox_due ON event_outbox (due_at);
