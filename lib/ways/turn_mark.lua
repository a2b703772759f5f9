-- Puts a numbered mark into what all bridges hear, if the caller holds the lock.
-- KEYS: lock, number of the last mark, progress of each way
-- ARGV: holder, the bridges' channel, for each way how far all is routed, or '' where something is not
if redis.call('GET', KEYS[1]) == ARGV[1] then
  for i = 3, #KEYS do
    if ARGV[i] ~= '' then
      redis.call('SET', KEYS[i], ARGV[i])
    end
  end
  redis.call('PUBLISH', ARGV[2], 'mark ' .. redis.call('INCR', KEYS[2]))
end
