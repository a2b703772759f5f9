-- Says which users are offline by now, whose last connection is gone for long enough.
-- KEYS: sorted set of users who are about to be offline
-- ARGV: most users
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[1])
