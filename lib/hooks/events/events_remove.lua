-- Removes a batch that was told or given up.
-- KEYS: log, the batch that is being told ("id last-entry dropped time"), how many were dropped since
-- ARGV: the batch's id, how many events of it the endpoint is not told of
local id, last, dropped = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) (%S+) (%d+) %d+$')
if id ~= ARGV[1] then
  return
end
if last ~= '-' then
  redis.call('XTRIM', KEYS[1], 'MINID', last) -- MINID keeps the last entry
  redis.call('XDEL', KEYS[1], last)
end
redis.call('DEL', KEYS[2])
if ARGV[2] ~= '0' then
  redis.call('SET', KEYS[3], (redis.call('GET', KEYS[3]) or 0) + ARGV[2] + dropped)
end
