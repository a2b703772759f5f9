-- When its user has put a notification off, as Unix time in milliseconds; NULL where its sender has scheduled it.
ALTER TABLE scheduled ADD COLUMN snoozed_at INTEGER;
CREATE INDEX scheduled_snoozed ON scheduled (site, user, deliver_at) WHERE snoozed_at IS NOT NULL;
