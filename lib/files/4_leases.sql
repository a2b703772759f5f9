-- Who writes, on which node. A file may also be 'gone': its bytes are deleted, and are once more when nobody writes any more.

-- The process that has the upload to itself; NULL: none.
ALTER TABLE files ADD COLUMN lease_owner TEXT;

-- Until when somebody may write in the store under this id, by the database's clock; NULL: nobody does.
ALTER TABLE files ADD COLUMN lease_until BIGINT;

-- 1: another process waits for the upload, and its owner lets it go.
ALTER TABLE files ADD COLUMN lease_wanted BIGINT NOT NULL DEFAULT 0;

CREATE INDEX files_written ON files (lease_until) WHERE lease_until IS NOT NULL AND state = 'stored';
