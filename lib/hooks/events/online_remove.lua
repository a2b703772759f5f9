-- Notes that a node has no connection of a user any more. If no other has one, the user will be offline.
-- KEYS: set of the leases of the nodes where the user is, sorted set of users who are about to be offline, set of what the
--   lease has
-- ARGV: lease, the user as the sorted set has it, how the lease notes the user, milliseconds until the user is offline
if redis.call('SREM', KEYS[1], ARGV[1]) == 1 and not redis.call('SRANDMEMBER', KEYS[1]) then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[4])), ARGV[2])
end
redis.call('SREM', KEYS[3], ARGV[3])
