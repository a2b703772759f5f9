-- Where the inbox's earlier epochs ended: "epoch offset epoch offset …", the last one first. Positions up to there count.
ALTER TABLE inboxes ADD COLUMN past TEXT NOT NULL DEFAULT '';
