-- Gives up the lock, if the caller holds it, and says so to all bridges.
-- KEYS: lock
-- ARGV: holder, the bridges' channel
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[2], 'released')
end
