-- All inboxes that one run of the server made had the same epoch, so that a position in one passed for a position in
-- another. They get new epochs; a client that comes back with an old one gets all that is unread.
UPDATE inboxes SET epoch = lower(hex(randomblob(4)))
WHERE epoch IN (SELECT epoch FROM inboxes GROUP BY epoch HAVING count(*) > 1);
