-- Takes a lock that is free, or keeps one's own.
-- KEYS: lock
-- ARGV: holder, milliseconds it lasts
-- Returns 0 if it is held now, else the milliseconds until its holder must have renewed it.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return math.max(1, redis.call('PTTL', KEYS[1]))
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 0
