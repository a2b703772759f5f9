-- Writes into logs that a user is offline, unless another node has done that, or the user is back.
-- KEYS: sorted set of users who are about to be offline, hash of what nodes know of the user, sorted set of users whom a node
--   has no more, streams of the logs
-- ARGV: the user as the sorted sets have it, seconds for which it is kept when the user was there last, names and values of
--   the entry in turn
-- Returns when the user's last connection was gone, in Unix milliseconds, if the user is offline since now; 0 where that is to
--   be forgotten.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) > now then
  return false
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
local gone = redis.call('HGET', KEYS[2], 'gone') or string.format('%.0f', now)
if redis.call('HEXISTS', KEYS[2], 'erased') == 1 then
  gone = '0'
end
redis.call('DEL', KEYS[2])
if gone ~= '0' then
  redis.call('HSET', KEYS[2], 'gone', gone)
  redis.call('EXPIRE', KEYS[2], ARGV[2])
end
for i = 4, #KEYS do
  redis.pcall('XADD', KEYS[i], '*', unpack(ARGV, 3))
end
return gone
