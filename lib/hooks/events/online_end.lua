-- Writes into logs that a user is offline, unless another node has done that, or the user is back.
-- KEYS: sorted set of users who are about to be offline, streams of the logs
-- ARGV: the user as the sorted set has it, names and values of the entry in turn
-- Returns 1 if the user is offline since.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) > now then
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
for i = 2, #KEYS do
  redis.pcall('XADD', KEYS[i], '*', unpack(ARGV, 2))
end
return 1
