-- Reads the oldest events: the same ones until they are removed. Before them, a batch says how many were dropped.
-- KEYS: log, the batch that is being told ("id last-entry dropped time"), who tells, how many were dropped since
-- ARGV: holder, most events of a new batch, most bytes of them, id of a new batch, Unix time in milliseconds
-- Returns the batch's id, how many were dropped before it, its time, and its entries; nothing where there is nothing to tell,
--   or another node tells.
if redis.call('GET', KEYS[3]) ~= ARGV[1] then
  return {}
end
local known = redis.call('GET', KEYS[2]) or ''
local id, last, dropped, time = string.match(known, '^(%S+) (%S+) (%d+) (%d+)$')
local entries = id and last ~= '-' and redis.call('XRANGE', KEYS[1], '-', last) or {}
if #entries == 0 and (not id or dropped == '0') then
  id, last, dropped, time = ARGV[4], '-', redis.call('GET', KEYS[4]) or '0', ARGV[5]
  local bytes = 0
  for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[2])) do
    for _, field in ipairs(entry[2]) do
      bytes = bytes + #field
    end
    if #entries > 0 and bytes > tonumber(ARGV[3]) then
      break
    end
    table.insert(entries, entry)
    last = entry[1]
  end
  if #entries == 0 and dropped == '0' then
    return {}
  end
  redis.call('DEL', KEYS[4])
  redis.call('SET', KEYS[2], table.concat({ id, last, dropped, time }, ' '))
end
table.insert(entries, 1, time)
table.insert(entries, 1, dropped)
table.insert(entries, 1, id)
return entries
