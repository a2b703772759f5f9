-- Puts a numbered mark into what all bridges hear, if the caller holds the lock.
-- KEYS: lock, number of the last mark, progress
-- ARGV: holder, the bridges' channel, how far all is routed, or '' where something is not
if redis.call('GET', KEYS[1]) == ARGV[1] then
  if ARGV[3] ~= '' then
    redis.call('SET', KEYS[3], ARGV[3])
  end
  redis.call('PUBLISH', ARGV[2], 'mark ' .. redis.call('INCR', KEYS[2]))
end
