-- Reads the oldest receipts: the same ones until they are removed.
-- KEYS: log, the batch that is being told ("id last-entry"), who tells
-- ARGV: holder, most receipts of a new batch, id of a new batch
-- Returns the batch's id and its entries; nothing where there are no receipts, or another node tells.
if redis.call('GET', KEYS[3]) ~= ARGV[1] then
  return {}
end
local id, last = string.match(redis.call('GET', KEYS[2]) or '', '^(%S+) (%S+)$')
local entries = id and redis.call('XRANGE', KEYS[1], '-', last) or {}
if #entries == 0 then
  entries = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[2])
  if #entries == 0 then
    return {}
  end
  id = ARGV[3]
  redis.call('SET', KEYS[2], id .. ' ' .. entries[#entries][1])
end
table.insert(entries, 1, id)
return entries
