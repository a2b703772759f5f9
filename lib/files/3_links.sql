-- Until when somebody may bring bytes of an upload to the store itself, by a link: what a link brings later than that is unknown to
-- nobody, since the row is there until then. Unix milliseconds; NULL: nobody may.
ALTER TABLE files ADD COLUMN link_until BIGINT;
CREATE INDEX files_linked ON files (link_until) WHERE link_until IS NOT NULL;
