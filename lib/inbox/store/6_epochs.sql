-- Inboxes that one run of the server had made had one epoch together, so that a position in one passed for a position in
-- another. Who comes back with one of these gets all that is unread.
UPDATE inboxes SET epoch = lower(hex(randomblob(4)))
WHERE epoch IN (SELECT epoch FROM inboxes GROUP BY epoch HAVING count(*) > 1);
