-- Takes the right to tell an endpoint if nobody has it, keeps it, or gives it up.
-- KEYS: who tells
-- ARGV: holder, milliseconds that the right lasts from now on (0: it is given up)
-- Returns 1 if the holder has the right now.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
