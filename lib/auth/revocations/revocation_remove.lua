-- Forgets a revocation and tells all nodes, in one step. Nodes are told of one that is not there, too: one may have missed
-- that it was removed. It is noted for 30 days that it was lifted: a node that was cut off meanwhile knows it still, and is
-- not to take it for one that Redis has lost (revocation_restore.lua).
-- KEYS: hash of revocations, sorted set of those that end, sorted set of those that were lifted, by when
-- ARGV: field, pub/sub channel
-- Returns 1 if the revocation was there.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, field in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - 30 * 24 * 3600 * 1000, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[3], field)
end
-- The clocks of nodes differ: it was lifted after it was stored.
local known_at = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^%d+')
redis.call('ZADD', KEYS[3], string.format('%.0f', math.max(now, tonumber(known_at or 0))), ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
local removed = redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], 'lifted 0 0 ' .. ARGV[1])
return removed
