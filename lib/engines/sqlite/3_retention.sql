-- What is removed of a channel is removed little by little, since it may be a lot: the publications up to an offset count no
-- more. A channel that is gone itself leaves all of its publications here.
CREATE TABLE leftovers (
  channel INTEGER PRIMARY KEY,
  up_to INTEGER NOT NULL
);
ALTER TABLE channels ADD COLUMN first INTEGER NOT NULL DEFAULT 1; -- offset of the first publication that counts
-- Bytes of all publications that are in the file, with those that count no more.
ALTER TABLE channels ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE channels SET bytes = (
  SELECT coalesce(sum(octet_length(content) + 100), 0) FROM publications WHERE channel = channels.seq
);

-- The Unix time in milliseconds at which the server last looked at its clock.
CREATE TABLE clock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seen_at INTEGER NOT NULL
);
