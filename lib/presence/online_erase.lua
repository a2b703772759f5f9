-- Forgets when a user was there last, and has it forgotten, too, when the user is gone who is there now.
-- KEYS: set of the leases of the nodes where the user is, sorted set of users who are about to be offline, hash of what nodes
--   know of the user
-- ARGV: the user as the sorted set has it
-- Returns 1 if it was known when the user was there last.
local is_here = redis.call('SRANDMEMBER', KEYS[1]) or redis.call('ZSCORE', KEYS[2], ARGV[1])
local known = redis.call('HDEL', KEYS[3], 'gone')
if is_here then
  redis.call('HSET', KEYS[3], 'erased', '1')
  return 0
end
return known
