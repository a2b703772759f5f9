-- Removes a batch that was told or given up.
-- KEYS: log, the batch that is being told ("id last-entry")
-- ARGV: the batch's id
local id, last = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) (%S+)$')
if id == ARGV[1] then
  redis.call('XTRIM', KEYS[1], 'MINID', last) -- MINID keeps the last entry
  redis.call('XDEL', KEYS[1], last)
  redis.call('DEL', KEYS[2])
end
