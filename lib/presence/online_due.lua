-- Says whose grace is over: who may be offline by now, and who is online at one node less.
-- KEYS: sorted set of users who are about to be offline, sorted set of users whom a node has no more
-- ARGV: most users of each
local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
return {
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1]),
  redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1]),
}
