-- Forgets what nodes knew of a user whom they have no more, once its time is over.
-- KEYS: hash of what nodes know of the user, sorted set of users whom a node has no more
-- ARGV: the user as the sorted set has it
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local fields = redis.call('HGETALL', KEYS[1])
local next_end
for i = 1, #fields, 2 do
  local ends = tonumber(string.match(fields[i + 1], '^(%d+) ') or 0)
  if ends > now then
    next_end = math.min(next_end or ends, ends)
  elseif ends > 0 then
    redis.call('HDEL', KEYS[1], fields[i])
  end
end
if next_end then
  redis.call('ZADD', KEYS[2], string.format('%.0f', next_end), ARGV[1])
else
  redis.call('ZREM', KEYS[2], ARGV[1])
end
