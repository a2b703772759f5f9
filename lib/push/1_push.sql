-- The devices of users: what shows notifications while no page is open. All times are Unix milliseconds.
CREATE TABLE push_devices (
  site TEXT NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  token_hash TEXT NOT NULL, -- of what is one device's alone: no two devices of a site have the same
  token TEXT NOT NULL,
  platform TEXT NOT NULL,
  app TEXT NOT NULL,
  locale TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  -- By which token of the user's it was registered: where that is revoked, the device goes.
  session TEXT NOT NULL,
  token_id TEXT NOT NULL,
  issued_at BIGINT NOT NULL, -- 0 where it was registered by an application, or on an open server
  -- What the last push came to; 0 where there was none.
  last_at BIGINT NOT NULL,
  last_result TEXT NOT NULL,
  last_why TEXT NOT NULL,
  PRIMARY KEY (site, id)
);
CREATE UNIQUE INDEX push_devices_by_token ON push_devices (site, provider, token_hash);
CREATE INDEX push_devices_of_user ON push_devices (site, user_id, seen_at);
CREATE INDEX push_devices_of_session ON push_devices (site, session);
CREATE INDEX push_devices_by_token_id ON push_devices (site, token_id);

-- What is pushed to each device, and what became of it: one row a notification and device; one without a device where there
-- was nothing to push.
CREATE TABLE push_sends (
  site TEXT NOT NULL,
  id TEXT NOT NULL, -- of the notification
  user_id TEXT NOT NULL,
  device TEXT NOT NULL,
  provider TEXT NOT NULL,
  origin TEXT NOT NULL, -- where the provider sends it
  what TEXT NOT NULL, -- show, close
  state TEXT NOT NULL,
  why TEXT NOT NULL,
  round BIGINT NOT NULL, -- rises where the same notification is pushed again
  at BIGINT NOT NULL,
  due_at BIGINT, -- absent where nothing is to be done
  held_until BIGINT NOT NULL, -- no other node takes it before
  begun INTEGER NOT NULL, -- how often it was taken to be sent
  attempts INTEGER NOT NULL, -- of these, of how many it is known what became of them
  priority INTEGER NOT NULL,
  expires_at BIGINT NOT NULL,
  body TEXT NOT NULL, -- of one that is in no inbox
  PRIMARY KEY (site, id, user_id, device)
);
CREATE INDEX push_sends_due ON push_sends (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX push_sends_of_user ON push_sends (site, user_id, at);
CREATE INDEX push_sends_of_device ON push_sends (site, device);
CREATE INDEX push_sends_by_time ON push_sends (at);

-- What the addresses are signed with by which a device answers: one row.
CREATE TABLE push_answer_secret (
  id BIGINT NOT NULL PRIMARY KEY, -- 1
  secret TEXT NOT NULL
);
