-- Events that were given up for an endpoint, for somebody to look at and to send again. Times are Unix milliseconds.
CREATE TABLE hook_dead (
  endpoint TEXT NOT NULL,
  id TEXT NOT NULL, -- of the event
  at BIGINT NOT NULL, -- when it was given up
  reason TEXT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (endpoint, id)
);
CREATE INDEX hook_dead_by_time ON hook_dead (at, id);
