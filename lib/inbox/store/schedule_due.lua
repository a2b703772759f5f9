-- Reads which scheduled notifications are due.
-- KEYS: schedule
-- ARGV: how many at the most
-- Returns Redis' clock in Unix milliseconds, then name and time of each, the oldest first.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
table.insert(due, 1, now)
return due
