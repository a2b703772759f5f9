-- Takes a lock that is free, or keeps one's own.
-- KEYS: lock
-- ARGV: holder, milliseconds it lasts
-- Returns 1 if it is held now.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
