-- Gives up a lock of one's own.
-- KEYS: lock
-- ARGV: holder
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
