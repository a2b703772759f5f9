-- How a notification for many is changed: how many changes were accepted and when the last one was, the one that is under way
-- with the page at which it is and where it ends, and the one that comes after it, if there is one.
ALTER TABLE broadcasts ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE broadcasts ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE broadcasts ADD COLUMN edit TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcasts ADD COLUMN edit_change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE broadcasts ADD COLUMN edit_page INTEGER NOT NULL DEFAULT 0;
ALTER TABLE broadcasts ADD COLUMN edit_end INTEGER NOT NULL DEFAULT 0;
ALTER TABLE broadcasts ADD COLUMN next_edit TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcasts ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
