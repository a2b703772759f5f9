-- Drops the oldest events where too many wait.
-- KEYS: log, how many were dropped since
-- ARGV: most that may wait, seconds until a log that no node tells any more is removed
-- Returns how many were dropped, and how many wait.
local dropped = redis.call('XTRIM', KEYS[1], 'MAXLEN', ARGV[1])
if dropped > 0 then
  redis.call('SET', KEYS[2], (redis.call('GET', KEYS[2]) or 0) + dropped)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
local waiting = redis.pcall('XLEN', KEYS[1]) -- a right that is missing costs a figure, and no more
return { dropped, type(waiting) == 'number' and waiting or 0 }
