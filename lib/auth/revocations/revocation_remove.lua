-- Forgets a revocation and tells all nodes, in one step. Nodes are told of one that is not there, too: one may have missed
-- that it was removed.
-- KEYS: hash of revocations, sorted set of those that end
-- ARGV: field, pub/sub channel
-- Returns 1 if the revocation was there.
redis.call('ZREM', KEYS[2], ARGV[1])
local removed = redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], 'lifted 0 0 ' .. ARGV[1])
return removed
