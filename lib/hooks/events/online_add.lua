-- Notes that a node has a connection of a user, and writes into logs that the user is online, if the user was not.
-- KEYS: set of the leases of the nodes where the user is, sorted set of users who are about to be offline, set of what the
--   lease has, streams of the logs
-- ARGV: lease, the user as the sorted set has it, how the lease notes the user, names and values of the entry in turn
-- Returns 1 if the user was not online.
redis.call('SADD', KEYS[3], ARGV[3])
local has_node = redis.call('SRANDMEMBER', KEYS[1])
redis.call('SADD', KEYS[1], ARGV[1])
if has_node or redis.call('ZREM', KEYS[2], ARGV[2]) == 1 then
  return 0
end
for i = 4, #KEYS do
  redis.pcall('XADD', KEYS[i], '*', unpack(ARGV, 4))
end
return 1
