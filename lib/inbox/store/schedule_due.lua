-- Reads which scheduled notifications are due.
-- KEYS: schedule
-- ARGV: how many at the most, and up to which time, in Unix milliseconds ('' for now)
-- Returns Redis' clock in Unix milliseconds, then name and time of each, the oldest first.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = math.min(now, tonumber(ARGV[2]) or now)
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', last, 'WITHSCORES', 'LIMIT', 0, ARGV[1])
table.insert(due, 1, now)
return due
