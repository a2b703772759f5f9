-- Reads what nodes have said of themselves.
-- KEYS: hash of the nodes' last reports
-- Returns the time of Redis in milliseconds, then ids and "time report" in turn.
local time = redis.call('TIME')
return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call('HGETALL', KEYS[1]) }
