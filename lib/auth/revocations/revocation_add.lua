-- Stores a revocation and tells all nodes, in one step: no revocation is stored that a node was not told of.
-- KEYS: hash of revocations (field to "at end", where an end of 0 is never), sorted set of those that end, by when, sorted
--   set of those that were lifted
-- ARGV: field, at, end, 1 if this end replaces the one that is stored (of a block), pub/sub channel; times are Unix times
--   in milliseconds
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Forgets revocations that have ended, at most a hundred, so that this call stays short.
for _, field in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('HDEL', KEYS[1], field)
  redis.call('ZREM', KEYS[2], field)
end

local at, ends = tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then
  local known_at, known_ends = string.match(known, '^(%d+) (%d+)$')
  at = math.max(at, tonumber(known_at))
  if ARGV[4] ~= '1' then
    known_ends = tonumber(known_ends)
    ends = (ends == 0 or known_ends == 0) and 0 or math.max(ends, known_ends)
  end
end
local value = string.format('%.0f %.0f', at, ends)
redis.call('HSET', KEYS[1], ARGV[1], value)
redis.call('ZREM', KEYS[3], ARGV[1])
if ends == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], ends, ARGV[1])
end
redis.call('PUBLISH', ARGV[5], 'revoked ' .. value .. ' ' .. ARGV[1])
return value
