-- Forgets a revocation and tells all nodes, in one step; also where it is not there, for a node that missed it.
-- KEYS: hash of revocations, sorted set of those that end
-- ARGV: field, pub/sub channel
-- Returns 1 if it was there.
redis.call('ZREM', KEYS[2], ARGV[1])
local removed = redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], 'lifted 0 0 ' .. ARGV[1])
return removed
