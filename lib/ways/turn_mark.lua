-- Puts a numbered mark into what all bridges hear, if the caller holds the lock.
-- KEYS: lock, number of the last mark
-- ARGV: holder, the bridges' channel
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PUBLISH', ARGV[2], 'mark ' .. redis.call('INCR', KEYS[2]))
end
