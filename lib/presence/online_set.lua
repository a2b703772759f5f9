-- Notes that a node has connections of a user, and what it knows of them. If the user was not online, it is written into logs
-- that the user is.
-- KEYS: set of the leases of the nodes where the user is, sorted set of users who are about to be offline, set of what the
--   lease has, hash of what nodes know of the user, sorted set of users whom a node has no more, streams of the logs
-- ARGV: lease, the user as the sorted sets have it, how the lease notes the user, what the node knows, names and values of
--   the entry in turn
-- Returns 1 if the user was not online.
redis.call('SADD', KEYS[3], ARGV[3])
local has_node = redis.call('SRANDMEMBER', KEYS[1])
redis.call('SADD', KEYS[1], ARGV[1])
local due = not has_node and redis.call('ZSCORE', KEYS[2], ARGV[2])
if due then
  -- The user is back. What other nodes knew until a moment ago counts on until its own time is over.
  redis.call('ZREM', KEYS[2], ARGV[2])
  redis.call('ZADD', KEYS[5], due, ARGV[2])
end
if not has_node and not due then
  redis.call('DEL', KEYS[4]) -- when the user was there last, which Redis keeps for a time
end
redis.call('HSET', KEYS[4], ARGV[1], '0 ' .. ARGV[4])
redis.call('HDEL', KEYS[4], 'erased')
if has_node or due then
  return 0
end
for i = 6, #KEYS do
  redis.pcall('XADD', KEYS[i], '*', unpack(ARGV, 5))
end
return 1
