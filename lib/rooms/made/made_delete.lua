-- Forgets a room and tells all nodes, in one step. Nodes are told of one that is not there, too: one may have missed that it
-- was deleted. It is noted for 30 days that it was: a node that was cut off meanwhile knows it still, and is not to take it
-- for one that Redis has lost (made_restore.lua).
-- KEYS: hash of the site's rooms, sorted set of the sites that have rooms, sorted set of rooms that were deleted, by when
-- ARGV: site, pattern, pub/sub channel
-- Returns whether it was there, and when it was deleted.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - 30 * 24 * 3600 * 1000, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[3], member)
end
local member = ARGV[1] .. ' ' .. ARGV[2]
local known_at = string.match(redis.call('HGET', KEYS[1], ARGV[2]) or '', '^%d+')
local gone = redis.call('ZSCORE', KEYS[3], member)
local at = string.format('%.0f', math.max(now, tonumber(known_at or 0) + 1, tonumber(gone or 0) + 1))
local removed = redis.call('HDEL', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[3], at, member)
if redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
end
redis.call('PUBLISH', ARGV[3], 'deleted\n' .. ARGV[1] .. '\n' .. ARGV[2] .. '\n' .. at)
return { removed, at }
