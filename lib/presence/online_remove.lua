-- Notes that a node has no connection of a user any more. What it knew counts on for a while; if no other node has the user,
-- the user is offline after that.
-- KEYS: set of the leases of the nodes where the user is, sorted set of users who are about to be offline, set of what the
--   lease has, hash of what nodes know of the user, sorted set of users whom a node has no more
-- ARGV: lease, the user as the sorted sets have it, how the lease notes the user, milliseconds until what it knew is forgotten
redis.call('SREM', KEYS[3], ARGV[3])
if redis.call('SREM', KEYS[1], ARGV[1]) == 0 then
  return
end
local time = redis.call('TIME')
local ends = string.format('%.0f',
  tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[4]))
local known = redis.call('HGET', KEYS[4], ARGV[1])
if known then
  redis.call('HSET', KEYS[4], ARGV[1], ends .. string.sub(known, (string.find(known, ' ', 1, true))))
end
if redis.call('SRANDMEMBER', KEYS[1]) then
  redis.call('ZADD', KEYS[5], ends, ARGV[2])
else
  redis.call('ZADD', KEYS[2], ends, ARGV[2])
  redis.call('HSET', KEYS[4], 'gone', string.format('%.0f', ends - tonumber(ARGV[4])))
end
