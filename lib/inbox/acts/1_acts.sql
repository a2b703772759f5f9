-- What users did with the actions of notifications: each action once. Times are Unix times in milliseconds.
CREATE TABLE notification_acts (
  site TEXT NOT NULL,
  user_id TEXT NOT NULL,
  notification TEXT NOT NULL,
  sent_at BIGINT NOT NULL, -- of the notification: after its time another one may have the same id
  action TEXT NOT NULL,
  state TEXT NOT NULL, -- pending while the server calls an address, then done
  done_at BIGINT NOT NULL,
  due_at BIGINT, -- when a node takes it on that finds it left behind; NULL once all is done
  attempts INTEGER NOT NULL,
  request TEXT NOT NULL, -- the action, in JSON
  result TEXT NOT NULL, -- what came of it, in JSON
  PRIMARY KEY (site, user_id, notification, sent_at, action)
);
CREATE INDEX notification_acts_due ON notification_acts (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notification_acts_by_age ON notification_acts (done_at);
